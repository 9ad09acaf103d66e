/** Tool icons: one 1.5 px stroke path each on a 16 × 16 grid, as the interface's own icons. */
export const toolIcons = {
	window: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z M8 2v12 M8 5h4.6 M8 8h6 M8 11h4.6",
	pan: "M8 1.5v13 M1.5 8h13 M6 3.5l2-2 2 2 M6 12.5l2 2 2-2 M3.5 6l-2 2 2 2 M12.5 6l2 2-2 2",
	zoom: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z M10.3 10.3 14 14 M5 7h4 M7 5v4",
	scroll: "M8 1.8 14 5 8 8.2 2 5Z M2 8l6 3.2L14 8 M2 11l6 3.2L14 11",
	length: "M2 11 11 2l3 3-9 9Z M4.5 8.5 6 10 M7 6l1.5 1.5 M9.5 3.5 11 5",
	angle: "M13.5 13H2L10.5 3 M6.5 7.8c1.7 1 2.7 3 2.7 5.2",
	ellipse: "M8 3.5c3.6 0 6 2 6 4.5s-2.4 4.5-6 4.5S2 10.5 2 8s2.4-4.5 6-4.5Z",
	arrow: "M13 3 3.5 12.5 M3.5 7v5.5H9",
	probe: "M8 1.5v4.5 M8 10v4.5 M1.5 8H6 M10 8h4.5",
	more: "M2.5 8h1 M7.5 8h1 M12.5 8h1",
	link: "M6.5 9.5a2.5 2.5 0 0 0 3.5 0l3-3A2.5 2.5 0 0 0 9.5 3L8.5 4 M9.5 6.5a2.5 2.5 0 0 0-3.5 0l-3 3A2.5 2.5 0 0 0 6.5 13l1-1",
	key: "M8 2l1.9 3.9 4.2.6-3 3 .7 4.2L8 11.7l-3.8 2 .7-4.2-3-3 4.2-.6Z",
	marks: "M2.5 4h1 M6 4h7.5 M2.5 8h1 M6 8h7.5 M2.5 12h1 M6 12h7.5",
	invert: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z M8 2v12 M10 3v10 M12 4.5v7",
	layout: "M2 3h12v10H2z M8 3v10",
	mpr: "M8 1.8 13.5 5v6L8 14.2 2.5 11V5Z M2.5 5 8 8.2 13.5 5 M8 8.2v6",
	fusion: "M6 2.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z M10 3.5a5 5 0 1 1-1 9.8 M6 6.5h4 M5.5 9h5",
	hanging: "M2 3h12v10H2z M6 3v10 M6 8h8 M10 8v5",
	play: "M4.5 3v10l8-5Z",
	stop: "M4 4h8v8H4z",
	overlays: "M2 3h5 M2 6h3 M14 13H9 M14 10h-3 M14 3h-2 M2 13h2",
	reset: "M3 8a5 5 0 1 0 1.5-3.5 M3 2.5v3h3",
	undo: "M6 3 3 6l3 3 M3 6h7a3.5 3.5 0 0 1 0 7H7",
	redo: "M10 3l3 3-3 3 M13 6H6a3.5 3.5 0 0 0 0 7h3",
} as const;

export type ToolIcon = keyof typeof toolIcons;
