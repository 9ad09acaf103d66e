/** Memory for compressed frames on their way to a decoding worker. It is shared with the workers, so that nothing is
 * copied, and used again once a frame is decoded: new memory for each would cost as much as reading it. */

/** Room is made in steps of this, so that it fits the next frame too. */
const STEP_BYTES = 64 * 1024;
/** More than this is not kept for later. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

export class PayloadRoom {
	readonly #free: SharedArrayBuffer[] = [];
	#keptBytes = 0;

	/** Room for so many bytes. */
	take(bytes: number): Uint8Array {
		const at = this.#free.findIndex(
			({ byteLength }) => byteLength >= bytes && byteLength <= 2 * roomy(bytes),
		);
		const [kept] = at < 0 ? [] : this.#free.splice(at, 1);
		this.#keptBytes -= kept?.byteLength ?? 0;
		return new Uint8Array(kept ?? new SharedArrayBuffer(roomy(bytes)), 0, bytes);
	}

	/** What was taken is needed no more. Other memory is left alone. */
	giveBack({ buffer }: Uint8Array): void {
		if (buffer instanceof ArrayBuffer || this.#free.includes(buffer)) return;
		if (this.#keptBytes + buffer.byteLength > KEPT_BYTES_MAX) return;
		this.#free.push(buffer);
		this.#keptBytes += buffer.byteLength;
	}
}

function roomy(bytes: number): number {
	return Math.max(1, Math.ceil(bytes / STEP_BYTES)) * STEP_BYTES;
}
