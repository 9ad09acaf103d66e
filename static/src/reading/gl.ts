/** The second renderer: a frame through its look-up table by WebGL 2, exactly the pixels of `picture.ts`. It pays where
 * a graphics card draws and frames are large; it looks the table up that the other renderer has computed, so the two
 * cannot differ. */
import type { ImageForm } from "./manifest.ts";
import type { Samples } from "./samples.ts";

const TABLE_SIDE = 256;
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;
const CORNERS = `#version 300 es
void main() {
	vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
	gl_Position = vec4(corner * 4.0 - 1.0, 0.0, 1.0);
}`;

/** Row 0 of a frame is its upper one, row 0 of a canvas of WebGL its lower one. */
function pixelsBy(sampler: "usampler2D" | "isampler2D"): string {
	return `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
uniform ${sampler} frame;
uniform sampler2D table;
uniform int rows;
uniform int mask;
out vec4 pixel;
void main() {
	ivec2 at = ivec2(int(gl_FragCoord.x), rows - 1 - int(gl_FragCoord.y));
	int stored = int(texelFetch(frame, at, 0).r) & mask;
	pixel = texelFetch(table, ivec2(stored & 255, stored >> 8), 0);
}`;
}

interface Program {
	readonly program: WebGLProgram;
	readonly rows: WebGLUniformLocation | null;
	readonly mask: WebGLUniformLocation | null;
}

/** True when a graphics card draws, not the processor in its place. */
export function isHardware(gl: WebGL2RenderingContext): boolean {
	const info = gl.getExtension("WEBGL_debug_renderer_info");
	const name = String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
	return !SOFTWARE.test(name);
}

export class GlFrame {
	readonly canvas: HTMLCanvasElement;
	readonly #gl: WebGL2RenderingContext;
	readonly #sideMax: number;
	readonly #programs = new Map<boolean, Program>();
	readonly #frame: WebGLTexture | null;
	readonly #table: WebGLTexture | null;
	#samples: Samples | null = null;
	#looked: Uint32Array | null = null;
	#lost = false;

	private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext) {
		this.canvas = canvas;
		this.#gl = gl;
		this.#sideMax = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
		this.#frame = texture(gl, gl.TEXTURE0);
		this.#table = texture(gl, gl.TEXTURE1);
		canvas.addEventListener("webglcontextlost", () => {
			this.#lost = true;
		});
	}

	/** Null where there is no WebGL 2, or none that is faster than the processor (unless `anyhow`). */
	static open(canvas: HTMLCanvasElement, anyhow = false): GlFrame | null {
		const gl = canvas.getContext("webgl2", {
			alpha: false,
			antialias: false,
			depth: false,
			preserveDrawingBuffer: true,
		});
		return gl !== null && (anyhow || isHardware(gl)) ? new GlFrame(canvas, gl) : null;
	}

	/** Paints columns × rows pixels on the canvas; false when this renderer cannot, and the other has to. */
	paint(form: ImageForm, samples: Samples, table: Uint32Array): boolean {
		const { columns, rows } = form;
		if (this.#lost || Math.max(columns, rows) > this.#sideMax) return false;
		const gl = this.#gl;
		const program = this.#program(form.signed);
		if (program === null) return false;
		if (this.canvas.width !== columns) this.canvas.width = columns;
		if (this.canvas.height !== rows) this.canvas.height = rows;
		gl.viewport(0, 0, columns, rows);
		this.#sendFrame(form, samples);
		this.#sendTable(table);
		gl.useProgram(program.program);
		gl.uniform1i(program.rows, rows);
		gl.uniform1i(program.mask, table.length - 1);
		gl.drawArrays(gl.TRIANGLES, 0, 3);
		return true;
	}

	#sendFrame(form: ImageForm, samples: Samples): void {
		if (this.#samples === samples) return;
		const gl = this.#gl;
		const [inside, kind] = textureFormat(gl, form);
		gl.activeTexture(gl.TEXTURE0);
		gl.bindTexture(gl.TEXTURE_2D, this.#frame);
		gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
		// WebGL takes no view of shared memory.
		const own = samples.buffer instanceof ArrayBuffer ? samples : samples.slice();
		gl.texImage2D(gl.TEXTURE_2D, 0, inside, form.columns, form.rows, 0, gl.RED_INTEGER, kind, own);
		this.#samples = samples;
	}

	#sendTable(table: Uint32Array): void {
		if (this.#looked === table) return;
		const gl = this.#gl;
		const bytes = new Uint8Array(TABLE_SIDE * TABLE_SIDE * 4);
		bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
		gl.activeTexture(gl.TEXTURE1);
		gl.bindTexture(gl.TEXTURE_2D, this.#table);
		gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
		gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, TABLE_SIDE, TABLE_SIDE, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
		this.#looked = table;
	}

	#program(signed: boolean): Program | null {
		const known = this.#programs.get(signed);
		if (known !== undefined) return known;
		const gl = this.#gl;
		const program = gl.createProgram();
		attach(gl, program, gl.VERTEX_SHADER, CORNERS);
		attach(gl, program, gl.FRAGMENT_SHADER, pixelsBy(signed ? "isampler2D" : "usampler2D"));
		gl.linkProgram(program);
		if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) return null;
		gl.useProgram(program);
		gl.uniform1i(gl.getUniformLocation(program, "frame"), 0);
		gl.uniform1i(gl.getUniformLocation(program, "table"), 1);
		const made = {
			program,
			rows: gl.getUniformLocation(program, "rows"),
			mask: gl.getUniformLocation(program, "mask"),
		};
		this.#programs.set(signed, made);
		return made;
	}
}

function attach(gl: WebGL2RenderingContext, program: WebGLProgram, kind: number, source: string): void {
	const shader = gl.createShader(kind);
	if (shader === null) return;
	gl.shaderSource(shader, source);
	gl.compileShader(shader);
	gl.attachShader(program, shader);
}

function texture(gl: WebGL2RenderingContext, unit: number): WebGLTexture | null {
	const made = gl.createTexture();
	gl.activeTexture(unit);
	gl.bindTexture(gl.TEXTURE_2D, made);
	gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
	gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
	return made;
}

/** The internal format of a frame's texture and the kind of its samples. */
function textureFormat(gl: WebGL2RenderingContext, form: ImageForm): readonly [number, number] {
	if (form.bitsAllocated <= 8) {
		return form.signed ? [gl.R8I, gl.BYTE] : [gl.R8UI, gl.UNSIGNED_BYTE];
	}
	return form.signed ? [gl.R16I, gl.SHORT] : [gl.R16UI, gl.UNSIGNED_SHORT];
}

const PREFERENCE = "reading.renderer";

/** A renderer on `canvas` as this browser's user wants it: by default where a graphics card draws, with "gl" wherever
 * WebGL 2 is, with "cpu" never. */
export function openCard(
	canvas: HTMLCanvasElement,
	kept: Pick<Storage, "getItem"> = localStorage,
): GlFrame | null {
	const wanted = kept.getItem(PREFERENCE);
	return wanted === "cpu" ? null : GlFrame.open(canvas, wanted === "gl");
}
