import { beforeEach, describe, expect, it } from "vitest";
import { forgetLocalKey, LocalCopy, ownLocalKey } from "../../../static/src/kit/localcopy.ts";

class Shelf {
	readonly held = new Map<string, string>();
	getItem = (key: string): string | null => this.held.get(key) ?? null;
	setItem = (key: string, value: string): void => {
		this.held.set(key, value);
	};
	removeItem = (key: string): void => {
		this.held.delete(key);
	};
	key = (at: number): string | null => [...this.held.keys()][at] ?? null;
	get length(): number {
		return this.held.size;
	}
}

const TEXT = { base: { findings: "" }, mine: { findings: "右肺上叶结节" } };

describe("text kept on this computer", () => {
	let session: Shelf;
	let local: Shelf;
	const copy = (name = "report.1") => new LocalCopy(name, { session, local, subtle: crypto.subtle });

	beforeEach(() => {
		session = new Shelf();
		local = new Shelf();
		ownLocalKey("me", session);
	});

	it("comes back as it was", async () => {
		expect(await copy().keep(TEXT)).toBe(true);
		expect(await copy().take()).toEqual(TEXT);
	});

	it("lies there unreadable", async () => {
		await copy().keep(TEXT);
		expect([...local.held.values()].join()).not.toContain("结节");
		expect([...local.held.keys()]).toEqual(["lianzhen.unsent.report.1"]);
	});

	it("cannot be read after sign-out, and is removed", async () => {
		await copy().keep(TEXT);
		forgetLocalKey(session, local);
		expect(await copy().take()).toBeNull();
		expect(local.held.size).toBe(0);
	});

	it("goes at sign-out whatever tab wrote it, and takes nothing else along", async () => {
		await copy("report.1").keep(TEXT);
		await copy("request.2").keep(TEXT);
		local.setItem("lianzhen.locale", "en");
		forgetLocalKey(session, local);
		expect([...local.held.keys()]).toEqual(["lianzhen.locale"]);
		expect(session.held.size).toBe(0);
		expect(await copy().keep(TEXT)).toBe(false);
	});

	it("is for the same person at the next sign-in, and unreadable to another", async () => {
		await copy().keep(TEXT);
		ownLocalKey("me", session);
		expect(await copy().take()).toEqual(TEXT);
		await copy().keep(TEXT);
		ownLocalKey("somebody else", session);
		expect(await copy().take()).toBeNull();
	});

	it("refuses a text that was tampered with", async () => {
		await copy().keep(TEXT);
		const [name, sealed] = [...local.held.entries()][0] ?? ["", ""];
		local.setItem(name, `${sealed.slice(0, -6)}AAAAA=`);
		expect(await copy().take()).toBeNull();
	});

	it("keeps the forms apart and drops what was saved", async () => {
		await copy("report.1").keep(TEXT);
		expect(await copy("report.2").take()).toBeNull();
		copy("report.1").drop();
		expect(await copy("report.1").take()).toBeNull();
	});

	it("says so where the browser offers no encryption or no room", async () => {
		const bare = new LocalCopy("report.1", { session, local, subtle: undefined });
		expect(await bare.keep(TEXT)).toBe(false);
		local.setItem = () => {
			throw new DOMException("full", "QuotaExceededError");
		};
		expect(await copy().keep(TEXT)).toBe(false);
		expect(await copy().keep({ base: {}, mine: { a: "x".repeat(1_000_001) } })).toBe(false);
	});
});
