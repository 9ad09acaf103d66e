import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

/** Runes everywhere: no component of ours uses the older reactivity. */
export default {
	preprocess: vitePreprocess(),
	compilerOptions: { runes: true },
};
