/** The frame that is made as wide as a bank card: its state while somebody drags or nudges it. */
import { type CardEdge, cardEdgeFor, cardMm, cardPxOf, nudgedCardPx, pxPerMmOfCard } from "./screen.ts";

export interface Card {
	readonly edge: CardEdge;
	readonly widthPx: number;
	readonly roomPx: number;
	readonly ratio: number;
}

export type Side = "left" | "right";

/** Opens at the width that the present calibration, or CSS, gives a card. */
export function openedCard(roomPx: number, pxPerMm: number, ratio: number): Card {
	const edge = cardEdgeFor(roomPx);
	const card: Card = { edge, widthPx: cardPxOf(pxPerMm, edge), roomPx, ratio };
	return resized(card, 0);
}

function resized(card: Card, byDevicePx: number): Card {
	return {
		...card,
		widthPx: nudgedCardPx(card.widthPx, byDevicePx, card.edge, card.roomPx, card.ratio),
	};
}

/** The frame after a side was dragged by so many CSS pixels to the right. */
export function dragged(card: Card, side: Side, byPx: number): Card {
	return resized(card, (side === "right" ? byPx : -byPx) * card.ratio);
}

const COARSE_PX = 10;

/** The frame after an arrow key on one of its sides; null for other keys. */
export function nudged(card: Card, side: Side, key: string, shift: boolean): Card | null {
	const toRight = key === "ArrowRight" || key === "ArrowUp";
	if (!toRight && key !== "ArrowLeft" && key !== "ArrowDown") return null;
	const grows = (side === "right") === toRight;
	return resized(card, (grows ? 1 : -1) * (shift ? COARSE_PX : 1));
}

export const pxPerMmOf = (card: Card): number => pxPerMmOfCard(card.widthPx, card.edge);

/** A card lies as it is held: the other edge follows the measured one. */
export function heightPxOf(card: Card): number {
	const other = card.edge === "long" ? "short" : "long";
	return cardPxOf(pxPerMmOf(card), other);
}

export const mmOf = (card: Card): number => cardMm(card.edge);
