/** Asking again and again, but only while somebody is there: each request keeps a sign-in from falling idle,
 * so a page left open must fall silent. */

export const ATTENDED_MS = 5 * 60_000;

/** What is known of the person before the page; the browser's, or a test's. */
export interface Attention {
	readonly now: () => number;
	readonly visible: () => boolean;
	/** Calls back on every key and touch; returns how to stop. */
	readonly onUse: (used: () => void) => () => void;
	readonly repeat: (run: () => void, ms: number) => () => void;
}

const USES = ["pointerdown", "pointermove", "keydown", "focus"] as const;

export const browserAttention: Attention = {
	now: () => performance.now(),
	visible: () => document.visibilityState === "visible",
	onUse: (used) => {
		for (const use of USES) addEventListener(use, used, { passive: true });
		return () => {
			for (const use of USES) removeEventListener(use, used);
		};
	},
	repeat: (run, ms) => {
		const timer = setInterval(run, ms);
		return () => clearInterval(timer);
	},
};

/** Runs at once and then every `everyMs` while the page is seen and was used lately; at once on the first use
 * after a silence. Returns how to stop. */
export function whileAttended(
	run: () => void,
	everyMs: number,
	attention: Attention = browserAttention,
): () => void {
	let usedAt = attention.now();
	let ranAt = usedAt;
	const go = (): void => {
		ranAt = attention.now();
		run();
	};
	const stopUse = attention.onUse(() => {
		usedAt = attention.now();
		if (usedAt - ranAt >= 2 * everyMs && attention.visible()) go();
	});
	const stopTime = attention.repeat(() => {
		if (attention.visible() && attention.now() - usedAt < ATTENDED_MS) go();
	}, everyMs);
	go();
	return () => {
		stopUse();
		stopTime();
	};
}
