import { fileURLToPath } from "node:url";
// This folder has no node_modules of its own, so bare names do not resolve from here.
import { svelte } from "../../../../static/node_modules/@sveltejs/vite-plugin-svelte/src/index.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The two pages of a call alone, for tests of a call between real browsers. */
export default {
	root: here("."),
	plugins: [svelte({ configFile: here("../../../../static/svelte.config.js") })],
	resolve: {
		alias: [
			{ find: /^svelte$/, replacement: here("../../../../static/node_modules/svelte/src/index-client.js") },
		],
	},
	build: { target: "es2022", rollupOptions: { input: [here("./room.html"), here("./join.html")] } },
};
