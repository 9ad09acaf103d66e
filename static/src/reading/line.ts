/** How fast bytes come over the line, measured while answers are coming in. */

/** Nothing is said before so much time was measured. */
const MEASURED_MS_MIN = 500;
/** What came so long ago counts half. */
const HALF_LIFE_MS = 3000;

/** One for all that loads over the same line. `now` in milliseconds. */
export class Line {
	/** The series that was loaded last took, or would have taken, too long as a whole. */
	thin = false;
	readonly #now: () => number;
	#coming = 0;
	#since = 0;
	#measuredMs = 0;
	/** Time and bytes, what is long ago counting less. */
	#ms = 0;
	#bytes = 0;

	constructor(now: () => number = () => performance.now()) {
		this.#now = now;
	}

	/** One more answer has begun to come; time counts until each was told to be `idle`. */
	busy(): void {
		this.#pass();
		this.#coming += 1;
	}

	/** An answer has ended, or was given up. */
	idle(): void {
		this.#pass();
		this.#coming = Math.max(0, this.#coming - 1);
	}

	came(bytes: number): void {
		this.#pass();
		this.#bytes += bytes;
	}

	/** How long so many bytes take; null until that can be told. */
	secondsFor(bytes: number): number | null {
		this.#pass();
		if (this.#measuredMs < MEASURED_MS_MIN) return null;
		return (bytes * this.#ms) / Math.max(1, this.#bytes) / 1000;
	}

	/** Takes the time since the last call into account, if anything was coming in it. */
	#pass(): void {
		const now = this.#now();
		const passed = this.#coming > 0 ? Math.max(0, now - this.#since) : 0;
		this.#since = now;
		this.#measuredMs += passed;
		const kept = 0.5 ** (passed / HALF_LIFE_MS);
		this.#bytes *= kept;
		// The time itself fades as it passes: this is the integral of what is left of it at its end.
		this.#ms = this.#ms * kept + (HALF_LIFE_MS / Math.LN2) * (1 - kept);
	}
}
