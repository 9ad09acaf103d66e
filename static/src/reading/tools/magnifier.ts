/** A lens over the picture while the button is held: twice the size of what is below it. */
import type { Hand } from "../gesture.ts";
import type { Pane } from "../pane.ts";
import type { Point } from "../space.ts";
import { canvasPoint, seenDirection } from "../turn.ts";

const LENS_PX = 220;
const POWER = 2;

/** The part of the picture's canvas that fills the lens, in its own pixels. */
export function lensPart(
	pane: Pane,
	seen: Point,
	canvas: { readonly width: number },
): Point & { side: number } {
	const ratio = canvas.width / pane.size.width;
	const on = canvasPoint(seen, pane.size, pane.state.value.turn);
	const side = LENS_PX / POWER;
	return { x: (on.x - side / 2) * ratio, y: (on.y - side / 2) * ratio, side: side * ratio };
}

export function magnifierHand(pane: Pane, picture: HTMLCanvasElement, lens: HTMLCanvasElement): Hand {
	const look = (seen: Point): void => {
		const ctx = lens.getContext("2d");
		if (ctx === null) return;
		lens.width = LENS_PX;
		lens.height = LENS_PX;
		const part = lensPart(pane, seen, picture);
		const { turn } = pane.state.value;
		const [right, down] = [seenDirection({ x: 1, y: 0 }, turn), seenDirection({ x: 0, y: 1 }, turn)];
		ctx.setTransform(right.x, right.y, down.x, down.y, LENS_PX / 2, LENS_PX / 2);
		ctx.drawImage(
			picture,
			part.x,
			part.y,
			part.side,
			part.side,
			-LENS_PX / 2,
			-LENS_PX / 2,
			LENS_PX,
			LENS_PX,
		);
		lens.style.transform = `translate(${seen.x - LENS_PX / 2}px, ${seen.y - LENS_PX / 2}px)`;
		lens.hidden = false;
	};
	const away = (): boolean => {
		const open = !lens.hidden;
		lens.hidden = true;
		return open;
	};
	return {
		down: ({ seen }) => {
			look(seen);
			return true;
		},
		move: ({ seen }) => look(seen),
		up: () => void away(),
		cancel: away,
	};
}
