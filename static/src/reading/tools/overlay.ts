/** Draws a scene as SVG over the picture. Colours and widths are the style sheet's. */
import type { Point } from "../space.ts";
import type { Item, Scene } from "./scene.ts";
import type { Area } from "./shapes.ts";

const NS = "http://www.w3.org/2000/svg";
const HANDLE_PX = 5;
const LINE_HEIGHT_PX = 17;

type Figures = Readonly<Record<string, string | number>>;

function make(document: Document, name: string, figures: Figures): SVGElement {
	const element = document.createElementNS(NS, name) as SVGElement;
	for (const [key, value] of Object.entries(figures)) {
		element.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
	}
	return element;
}

function path({ shape }: Item, thin: boolean): string {
	const figure = ({ x, y }: Point): string => `${x.toFixed(2)} ${y.toFixed(2)}`;
	return shape.lines
		.filter((line) => (line.thin ?? false) === thin)
		.map(({ a, b }) => `M${figure(a)}L${figure(b)}`)
		.join("");
}

/** Every line twice: a dark halo below, so that it is seen on white bone as on black air. */
function strokes(document: Document, item: Item): SVGElement[] {
	return ["halo", "line"].flatMap((kind) => [
		make(document, "path", { class: kind, d: path(item, false) }),
		...(item.shape.lines.some((one) => one.thin)
			? [make(document, "path", { class: `${kind} thin`, d: path(item, true) })]
			: []),
		...item.shape.rounds.map(({ center, rx, ry }) =>
			make(document, "ellipse", { class: kind, cx: center.x, cy: center.y, rx, ry }),
		),
	]);
}

function areas(document: Document, shown: readonly Area[]): SVGElement[] {
	return shown.map(({ outline, matrix, colour, fill, edged }) => {
		const transform = `matrix(${matrix.join(" ")})`;
		const figures = { class: "area", d: outline, transform, "fill-rule": "evenodd" };
		const element = make(document, "path", { ...figures, "vector-effect": "non-scaling-stroke" });
		// The style sheet knows no colours of objects.
		element.style.fill = fill > 0 ? colour : "none";
		element.style.fillOpacity = String(fill);
		element.style.stroke = edged ? colour : "none";
		return element;
	});
}

function words(document: Document, { shape, lines }: Item): SVGElement[] {
	const { label } = shape;
	if (label === null || lines.length === 0) return [];
	const text = make(document, "text", { x: label.x, y: label.y });
	for (const [i, line] of lines.entries()) {
		const part = make(document, "tspan", { x: label.x, dy: i === 0 ? "0.35em" : LINE_HEIGHT_PX });
		part.textContent = line;
		text.append(part);
	}
	return [text];
}

function drawn(document: Document, item: Item): SVGElement {
	const group = make(document, "g", { class: item.tone, "data-mark": item.id });
	const { areas: filled } = item.shape;
	group.append(...(filled === undefined ? strokes(document, item) : areas(document, filled)));
	group.append(...words(document, item));
	if (item.held) {
		group.classList.add("held");
		group.append(
			...item.shape.handles.map(({ x, y }) => make(document, "circle", { cx: x, cy: y, r: HANDLE_PX })),
		);
	}
	return group;
}

/** Replaces what the overlay shows. */
export function paint(svg: SVGSVGElement, scene: Scene): void {
	svg.replaceChildren(...scene.items.map((item) => drawn(svg.ownerDocument, item)));
}
