import { describe, expect, it } from "vitest";
import { GlFrame, isHardware, openCard } from "../../../static/src/reading/gl.ts";
import { aForm } from "./studies.ts";

const UNMASKED = 0x9246;

/** As much of WebGL as opening asks for. */
function aContext(renderer: string, sideMax = 4096): WebGL2RenderingContext {
	const answers = new Map<number, unknown>([
		[UNMASKED, renderer],
		[1, sideMax],
	]);
	return {
		RENDERER: 2,
		MAX_TEXTURE_SIZE: 1,
		getExtension: () => ({ UNMASKED_RENDERER_WEBGL: UNMASKED }),
		getParameter: (name: number) => answers.get(name),
		createTexture: () => ({}),
		activeTexture: () => undefined,
		bindTexture: () => undefined,
		texParameteri: () => undefined,
	} as unknown as WebGL2RenderingContext;
}

function aCanvas(context: WebGL2RenderingContext | null): HTMLCanvasElement {
	return { getContext: () => context, addEventListener: () => undefined } as unknown as HTMLCanvasElement;
}

const kept = (value: string | null) => ({ getItem: () => value });
const CARD = "ANGLE (Intel, Mesa Intel(R) UHD Graphics 620)";
const PROCESSOR = "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)";

describe("a graphics card", () => {
	it.each([
		[CARD, true],
		["NVIDIA GeForce RTX 3050/PCIe/SSE2", true],
		[PROCESSOR, false],
		["llvmpipe (LLVM 15.0.6, 256 bits)", false],
		["Microsoft Basic Render Driver", false],
	])("%s: %s", (renderer, hardware) => expect(isHardware(aContext(renderer))).toBe(hardware));

	it("paints by default, and a processor in its place only for whoever wants it", () => {
		expect(openCard(aCanvas(aContext(CARD)), kept(null))).toBeInstanceOf(GlFrame);
		expect(openCard(aCanvas(aContext(PROCESSOR)), kept(null))).toBeNull();
		expect(openCard(aCanvas(aContext(PROCESSOR)), kept("gl"))).toBeInstanceOf(GlFrame);
	});

	it("is let be by whoever does not want it, and where there is no WebGL 2", () => {
		expect(openCard(aCanvas(aContext(CARD)), kept("cpu"))).toBeNull();
		expect(openCard(aCanvas(null), kept("gl"))).toBeNull();
	});
});

const [UNSIGNED, SIGNED] = [0x8d8e, 0x8233];

/** A context that notes what is sent to it. */
class Card {
	readonly sent: { unit: number; width: number; height: number; inside: number; bytes: ArrayBufferView }[] = [];
	readonly shaders: string[] = [];
	readonly masks: number[] = [];
	drawn = 0;
	links = true;
	#unit = 0;
	readonly context: WebGL2RenderingContext;

	constructor(sideMax = 4096) {
		const made = aContext(CARD, sideMax) as unknown as Record<string, unknown>;
		Object.assign(made, {
			TEXTURE0: 0,
			TEXTURE1: 1,
			R16UI: UNSIGNED,
			R16I: SIGNED,
			LINK_STATUS: 7,
			activeTexture: (unit: number) => {
				this.#unit = unit;
			},
			texImage2D: (...args: unknown[]) => {
				const [, , inside, width, height, , , , bytes] = args as [0, 0, number, number, number, 0, 0, 0, ArrayBufferView];
				this.sent.push({ unit: this.#unit, width, height, inside, bytes });
			},
			createProgram: () => ({}),
			createShader: () => ({}),
			shaderSource: (_: unknown, source: string) => this.shaders.push(source),
			getProgramParameter: () => this.links,
			getUniformLocation: (_: unknown, name: string) => name,
			uniform1i: (name: string, value: number) => name === "mask" && this.masks.push(value),
			drawArrays: () => {
				this.drawn += 1;
			},
		});
		for (const name of ["compileShader", "attachShader", "linkProgram", "useProgram", "viewport", "pixelStorei"])
			made[name] = () => undefined;
		this.context = made as unknown as WebGL2RenderingContext;
	}
}

function aRenderer(card: Card) {
	const losses: (() => void)[] = [];
	const canvas = { getContext: () => card.context, addEventListener: (_: string, run: () => void) => losses.push(run) };
	const made = GlFrame.open(canvas as unknown as HTMLCanvasElement);
	if (made === null) throw new Error("no renderer");
	return { frame: made, canvas: canvas as unknown as HTMLCanvasElement, losses };
}

describe("a frame on a graphics card", () => {
	const form = aForm({ rows: 3, columns: 5, bitsAllocated: 16 });
	const table = new Uint32Array(65_536).fill(0xff102030);

	it("is sent once, and its table whenever that is another", () => {
		const card = new Card();
		const { frame, canvas } = aRenderer(card);
		const samples = new Uint16Array(15);
		expect([frame.paint(form, samples, table), frame.paint(form, samples, table)]).toEqual([true, true]);
		expect(card.sent.map(({ unit, width, height }) => [unit, width, height])).toEqual([
			[0, 5, 3],
			[1, 256, 256],
		]);
		frame.paint(form, samples, table.slice());
		expect([card.sent.length, card.drawn, canvas.width, canvas.height]).toEqual([3, 3, 5, 3]);
		expect(card.masks).toEqual([65_535, 65_535, 65_535]);
	});

	it("keeps its sign, and leaves shared memory as it is", () => {
		const card = new Card();
		const { frame } = aRenderer(card);
		const shared = new Int16Array(new SharedArrayBuffer(30)).fill(-7);
		frame.paint(aForm({ ...form, signed: true }), shared, table);
		const [sent] = card.sent;
		expect([sent?.inside, sent?.bytes.buffer instanceof ArrayBuffer]).toEqual([SIGNED, true]);
		expect(new Set(sent?.bytes as Int16Array)).toEqual(new Set([-7]));
		expect(card.shaders.some((source) => source.includes("isampler2D"))).toBe(true);
	});

	it("of 8 bits has a table of one row", () => {
		const card = new Card();
		const { frame } = aRenderer(card);
		frame.paint(aForm({ ...form, bitsAllocated: 8 }), new Uint8Array(15), table.slice(0, 256));
		expect(card.masks).toEqual([255]);
		const words = new Uint32Array((card.sent[1]?.bytes as Uint8Array).buffer);
		expect([words[255], words[256]]).toEqual([0xff102030, 0]);
	});

	it("stays with the processor when it is too large, the shader does not link, or the card was lost", () => {
		const small = aRenderer(new Card(4)).frame;
		expect(small.paint(form, new Uint16Array(15), table)).toBe(false);
		const stubborn = new Card();
		stubborn.links = false;
		expect(aRenderer(stubborn).frame.paint(form, new Uint16Array(15), table)).toBe(false);
		const { frame, losses } = aRenderer(new Card());
		for (const lose of losses) lose();
		expect(frame.paint(form, new Uint16Array(15), table)).toBe(false);
	});
});
