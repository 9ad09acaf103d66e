/** What is written beside a mark, and what of it goes into a report. */
import { say } from "../../kit/i18n.ts";
import { signed } from "../corners.ts";
import type { CalibrationSource } from "./calibration.ts";
import type { Figure, FigureName } from "./figures.ts";
import type { Mark } from "./mark.ts";
import type { ToolTextKey } from "./texts.ts";

export type ToolWords = Readonly<Record<ToolTextKey, string>>;

const NAMED: Partial<Readonly<Record<FigureName, ToolTextKey>>> = {
	mean: "mean",
	deviation: "deviation",
	min: "min",
	max: "max",
	area: "area",
	ratio: "ratioShort",
	heart: "heart",
	thorax: "thorax",
};

/** `13.6 mm`, `−41 HU`, `42.3°`: a figure with its unit. */
export function plain({ value, unit, digits }: Figure): string {
	const space = unit === "" || unit === "°" || unit === "%" ? "" : " ";
	return `${signed(value, digits)}${space}${unit}`;
}

function named(figure: Figure, words: ToolWords): string {
	const key = NAMED[figure.name];
	return key === undefined ? plain(figure) : `${words[key]} ${plain(figure)}`;
}

/** Two diameters as one: `13.6 × 11.2 mm`. */
function product(figures: readonly Figure[]): string | null {
	const [long, short] = figures;
	if (figures.length !== 2 || long === undefined || short === undefined) return null;
	const lengths = [long, short].every(({ name }) => name === "length" || name === "short");
	return lengths ? `${signed(long.value, long.digits)} × ${plain(short)}` : null;
}

/** The lines beside a mark, without its number. */
export function lines(
	mark: Pick<Mark, "kind" | "text">,
	figures: readonly Figure[],
	words: ToolWords,
): string[] {
	const spoken = mark.text === "" ? [] : [mark.text];
	const both = product(figures);
	if (both !== null) return [both, ...spoken];
	if (mark.kind !== "ellipse" && mark.kind !== "rectangle") {
		const said = figures.map((one) => named(one, words));
		const [first, ...rest] = said;
		return [
			...(first === undefined ? [] : [first]),
			...(rest.length > 0 ? [rest.join("  ")] : []),
			...spoken,
		];
	}
	const by = (names: readonly FigureName[]): string =>
		figures
			.filter(({ name }) => names.includes(name))
			.map((one) => named(one, words))
			.join("  ");
	return [by(["mean", "deviation"]), by(["min", "max"]), by(["area"]), ...spoken].filter((one) => one !== "");
}

/** What F2 writes into a report: the first line, which says the most. */
export function reported(
	mark: Pick<Mark, "kind" | "text">,
	figures: readonly Figure[],
	words: ToolWords,
): string {
	return lines(mark, figures, words)[0] ?? "";
}

const SOURCES: Readonly<Record<CalibrationSource, ToolTextKey>> = {
	pixel: "fromPixel",
	imager: "fromImager",
	magnified: "fromMagnified",
	ultrasound: "fromUltrasound",
	nominal: "fromNominal",
	none: "fromNone",
};

/** Where millimetres come from, as it stands on the image. */
export function sourceSaid(
	source: CalibrationSource,
	words: ToolWords,
	magnification: number | null,
): string {
	return say(words[SOURCES[source]], { factor: (magnification ?? 1).toFixed(2) });
}
