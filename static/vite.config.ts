import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The server sets report PDFs in these two faces; the pages themselves load no font file. */
const REPORT_FONTS = ["400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf"];

function reportFonts(): Plugin {
	return {
		name: "report-fonts",
		apply: "build",
		async closeBundle() {
			const target = here("./dist/report-fonts/");
			await mkdir(target, { recursive: true });
			for (const font of REPORT_FONTS) {
				const name = font.slice(font.indexOf("/") + 1);
				await copyFile(here(`./node_modules/@expo-google-fonts/noto-sans-sc/${font}`), target + name);
			}
		},
	};
}

export default defineConfig({
	root: here("."),
	base: "/",
	plugins: [svelte(), reportFonts()],
	worker: { format: "es" },
	build: {
		target: "es2022",
		outDir: "dist",
		emptyOutDir: true,
		// Nothing is inlined: the policy `script-src 'self'` and `img-src 'self'` allow no data: URL.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		rollupOptions: {
			input: {
				index: here("./index.html"),
				read: here("./read.html"),
				room: here("./room.html"),
				join: here("./join.html"),
			},
			output: {
				// Few files, each needed whole: what two pages share goes into two chunks, not into twenty.
				codeSplitting: {
					includeDependenciesRecursively: false,
					groups: [
						// What the first picture needs of the kit stands apart: it waits for nothing else.
						{
							name: "base",
							priority: 1,
							test: /\/src\/(kit\/store|pages\/routes|reading\/(voi|space|manifest))\.ts|preload-helper|rolldown\/runtime/,
						},
						// What a list and a reading fetch ahead of the next case.
						{ name: "ahead", test: /\/src\/(pages\/ahead|consults\/worklist\/(calls|rows))\.ts/ },
						{
							name: "kit",
							test: /\/src\/(kit|api)\/|node_modules\/(svelte|openapi-fetch|esm-env|clsx)\//,
							minShareCount: 2,
						},
						{
							name: "ui",
							test: /\/src\/(ui|reports\/ConflictDialog|pages\/(foot|texts|line)|identity\/session)/,
							minShareCount: 2,
						},
						// Everything that stands around the picture in its first seconds comes in one piece after it;
						// dialogs and panels that are opened by hand stay apart.
						{
							name: "reading",
							test: /\/src\/(reading\/(reading\.css|tools\/(?!(Keys|Marks)\w+\.svelte)|objects\/(?!\w+\.svelte)|windows\/|priors\/|display\/(?!DisplayCheck|ScreenForm|form|patterns)|hang\/(?!\w+(Dialog|Editor)\.svelte|capture|editing)|projection|presets|corners|texts|\w+\.svelte|icons|commands|focus|later|problem|dragging|cine|gesture|pane_view|slice_bar)|pages\/(beside|SecondWindow|Read|read_page|reading_case|next_case|painted|marks|ContextBar|LineBand|NotOpened))/,
						},
					],
				},
			},
		},
	},
	server: {
		host: "127.0.0.1",
		proxy: {
			"/api": "http://127.0.0.1:8080",
			"/dicom-web": "http://127.0.0.1:8080",
			"/signaling": { target: "ws://127.0.0.1:8080", ws: true },
		},
	},
});
