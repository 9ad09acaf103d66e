import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Tests live beside the other tests of the repository, in `tests/static`, and mirror `static/src`. */
export default defineConfig({
	root: resolve(here("..")),
	plugins: [svelte({ configFile: here("./svelte.config.js") })],
	resolve: {
		// The tests stand outside this folder, so bare names are resolved from here.
		alias: [
			{ find: /^vitest$/, replacement: here("./node_modules/vitest/dist/index.js") },
			{ find: /^axe-core$/, replacement: here("./node_modules/axe-core/axe.js") },
		],
		dedupe: ["svelte"],
	},
	// Without this, a test that asks for a DOM is refused for lying outside this folder.
	server: { fs: { allow: [resolve(here(".."))] } },
	test: {
		include: ["tests/static/**/*.test.ts"],
		environment: "node",
		unstubGlobals: true,
		testTimeout: 10_000,
	},
});
