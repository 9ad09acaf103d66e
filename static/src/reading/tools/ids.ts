/** UUIDs of version 4 (RFC 9562 5.4). `crypto.randomUUID` is missing where a hospital serves plain HTTP. */

const VERSION = 0x40;
const VARIANT = 0x80;

export function newId(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	bytes[6] = ((bytes[6] ?? 0) & 0x0f) | VERSION;
	bytes[8] = ((bytes[8] ?? 0) & 0x3f) | VARIANT;
	const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
