/** Short sounds, made on the spot: no file to load, none without a loudspeaker. */

/** One tone after the other; `pitches` in hertz. */
export function tones(pitches: readonly number[], everySeconds: number, loudness: number): void {
	if (typeof AudioContext === "undefined") return;
	const context = new AudioContext();
	const gain = context.createGain();
	gain.gain.value = loudness;
	gain.connect(context.destination);
	for (const [index, pitch] of pitches.entries()) {
		const tone = context.createOscillator();
		tone.frequency.value = pitch;
		tone.connect(gain);
		tone.start(context.currentTime + index * everySeconds);
		tone.stop(context.currentTime + (index + 0.7) * everySeconds);
	}
	setTimeout(() => void context.close(), (pitches.length + 1) * everySeconds * 1000);
}

/** So that people know that they will hear. */
export function soundTest(): void {
	tones([523, 659], 0.35, 0.15);
}

/** Somebody is waiting to be let in. */
export function knock(): void {
	tones([784, 587], 0.25, 0.15);
}
