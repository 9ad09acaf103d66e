/** How long a millimetre is on this display: found with a bank card, kept for each display.
 *
 * What is kept is device pixels per millimetre, a property of the glass. CSS pixels follow from the page's
 * zoom, so zooming the page never changes the millimetres of what is drawn. ECG paper and images in true size
 * share it. */

/** ISO/IEC 7810 ID-1: any bank or identity card. */
export const CARD_LONG_MM = 85.6;
export const CARD_SHORT_MM = 53.98;
export type CardEdge = "long" | "short";
/** What CSS takes a millimetre for (96 px to the inch); true only by luck, so it is labelled. */
export const CSS_PX_PER_MM = 96 / 25.4;

const STORED_AS = "lianzhen.ecg.displays";
const DEVICE_PX_PER_MM_MIN = 2;
const DEVICE_PX_PER_MM_MAX = 40;
const DISPLAYS_MAX = 16;
const LONG_EDGE_ROOM_PX = 640;

/** The parts of `window` that tell one display from another. */
export interface DisplayLike {
	readonly devicePixelRatio: number;
	readonly screen: {
		readonly width: number;
		readonly height: number;
		readonly availLeft?: number;
		readonly availTop?: number;
	};
}

export type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** Size and place of the display; two equal monitors stand at two places. */
export function displayKey({ screen }: DisplayLike): string {
	return `${screen.width}x${screen.height}@${screen.availLeft ?? 0},${screen.availTop ?? 0}`;
}

function isPlausible(devicePxPerMm: unknown): devicePxPerMm is number {
	return (
		typeof devicePxPerMm === "number" &&
		devicePxPerMm >= DEVICE_PX_PER_MM_MIN &&
		devicePxPerMm <= DEVICE_PX_PER_MM_MAX
	);
}

function stored(storage: Storage): Record<string, number> {
	try {
		const value: unknown = JSON.parse(storage.getItem(STORED_AS) ?? "{}");
		if (typeof value !== "object" || value === null) return {};
		return Object.fromEntries(
			Object.entries(value).filter((one): one is [string, number] => isPlausible(one[1])),
		);
	} catch {
		return {};
	}
}

/** CSS pixels per millimetre on this display; null until somebody has calibrated it. */
export function calibratedPxPerMm(storage: Storage, display: DisplayLike): number | null {
	const devicePxPerMm = stored(storage)[displayKey(display)];
	return devicePxPerMm === undefined ? null : devicePxPerMm / display.devicePixelRatio;
}

/** Keeps a calibration; false (and nothing kept) when no real display could have it. */
export function keepCalibration(storage: Storage, display: DisplayLike, pxPerMm: number): boolean {
	const devicePxPerMm = pxPerMm * display.devicePixelRatio;
	if (!isPlausible(devicePxPerMm)) return false;
	const others = Object.entries(stored(storage)).filter(([key]) => key !== displayKey(display));
	const kept = [...others.slice(-(DISPLAYS_MAX - 1)), [displayKey(display), devicePxPerMm]];
	try {
		storage.setItem(STORED_AS, JSON.stringify(Object.fromEntries(kept)));
	} catch {
		return false;
	}
	return true;
}

export const cardMm = (edge: CardEdge): number => (edge === "long" ? CARD_LONG_MM : CARD_SHORT_MM);

/** Which edge of the card is measured: the long one is more exact, the short one fits a phone. */
export function cardEdgeFor(roomPx: number): CardEdge {
	return roomPx >= LONG_EDGE_ROOM_PX ? "long" : "short";
}

export const pxPerMmOfCard = (cardPx: number, edge: CardEdge): number => cardPx / cardMm(edge);
export const cardPxOf = (pxPerMm: number, edge: CardEdge): number => pxPerMm * cardMm(edge);

/** A card width moved by so many device pixels, kept inside what displays can have and inside the room. */
export function nudgedCardPx(
	cardPx: number,
	by: number,
	edge: CardEdge,
	roomPx: number,
	ratio: number,
): number {
	const low = (cardMm(edge) * DEVICE_PX_PER_MM_MIN) / ratio;
	const high = Math.min((cardMm(edge) * DEVICE_PX_PER_MM_MAX) / ratio, roomPx);
	return Math.min(Math.max(cardPx + by / ratio, low), high);
}
