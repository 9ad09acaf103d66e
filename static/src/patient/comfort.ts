/** Small comforts of a phone: the screen stays lit, a sound says that the doctor is there, texts are read out. */

/** Keeps the screen on where the browser can; answers how to let it sleep again. */
export function keepAwake(): () => void {
	if (typeof navigator === "undefined" || !("wakeLock" in navigator)) return () => undefined;
	let lock: WakeLockSentinel | null = null;
	let over = false;
	const ask = (): void => {
		if (over || document.visibilityState !== "visible") return;
		navigator.wakeLock.request("screen").then(
			(got) => {
				lock = got;
				if (over) void got.release();
			},
			() => undefined,
		);
	};
	document.addEventListener("visibilitychange", ask);
	ask();
	return () => {
		over = true;
		document.removeEventListener("visibilitychange", ask);
		void lock?.release();
	};
}

/** Two rising tones. */
export function chime(): void {
	if (typeof AudioContext === "undefined") return;
	const context = new AudioContext();
	const gain = context.createGain();
	gain.gain.value = 0.12;
	gain.connect(context.destination);
	for (const [index, pitch] of [659, 880].entries()) {
		const tone = context.createOscillator();
		tone.frequency.value = pitch;
		tone.connect(gain);
		tone.start(context.currentTime + index * 0.2);
		tone.stop(context.currentTime + index * 0.2 + 0.18);
	}
	setTimeout(() => void context.close(), 1000);
}

/** Reads a text aloud; false where the phone has no voice. */
export function readAloud(sentence: string, language: string): boolean {
	if (typeof speechSynthesis === "undefined") return false;
	speechSynthesis.cancel();
	const speech = new SpeechSynthesisUtterance(sentence);
	speech.lang = language;
	speech.rate = 0.9;
	speechSynthesis.speak(speech);
	return true;
}

/** A telephone number as a link's target. */
export function telephone(number: string): string {
	return `tel:${number.replaceAll(/[^0-9+]/g, "")}`;
}
