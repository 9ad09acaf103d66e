import { describe, expect, it } from "vitest";
import { GlFrame, isHardware, openCard } from "../../../static/src/reading/gl.ts";

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
