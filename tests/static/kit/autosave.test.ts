import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	Autosave,
	type AutosavePort,
	type Failure,
	type Kept,
	QUIET_MS,
	SLOW_MS,
	saveWord,
} from "../../../static/src/kit/autosave.ts";

type Fields = Readonly<Record<string, string>>;

/** A server with one document, whose line and whose other writer the test holds in its hand. */
class Server {
	version = 1;
	fields: Fields = { text: "", other: "" };
	line: "up" | "down" | "refusing" = "up";
	saves: string[][] = [];
	held: (() => void) | null = null;
	hold = false;
	copy: unknown = null;
	canKeep = true;

	kept(): Kept {
		return { version: this.version, fields: this.fields, savedAt: `at ${this.version}` };
	}

	/** Somebody else writes. */
	write(changes: Fields): void {
		this.fields = { ...this.fields, ...changes };
		this.version += 1;
	}

	readonly port: AutosavePort = {
		load: async () => {
			if (this.line === "down") throw new Error("later");
			return this.kept();
		},
		save: async (version, fields, changed) => {
			this.saves.push([...changed]);
			if (this.hold) await new Promise<void>((go) => (this.held = go));
			if (this.line === "down") throw new Error("later");
			if (this.line === "refusing") throw new Error("refused");
			if (version !== this.version) throw new Error("conflict");
			this.write(Object.fromEntries(changed.map((key) => [key, fields[key] ?? ""])));
			return this.kept();
		},
		judge: (thrown) => (thrown as Error).message as Failure,
		keepHere: async (text) => {
			if (this.canKeep) this.copy = text;
			return this.canKeep;
		},
		dropHere: () => {
			this.copy = null;
		},
	};
}

describe("a form that saves itself", () => {
	let server: Server;
	let form: Autosave;

	beforeEach(() => {
		vi.useFakeTimers();
		server = new Server();
		form = new Autosave(server.port, server.kept());
	});
	afterEach(() => {
		form.stop();
		vi.useRealTimers();
	});

	it("saves once, a second after the last key, and only what changed", async () => {
		form.edit("text", "右");
		await vi.advanceTimersByTimeAsync(QUIET_MS - 1);
		form.edit("text", "右肺");
		await vi.advanceTimersByTimeAsync(QUIET_MS - 1);
		expect(server.saves).toEqual([]);
		await vi.advanceTimersByTimeAsync(1);
		expect(server.saves).toEqual([["text"]]);
		expect(server.fields.text).toBe("右肺");
		expect(form.state.value.phase).toBe("clean");
		expect(form.state.value.savedAt).toBe("at 2");
		expect(form.unsaved).toBe(0);
	});

	it("saves at once when flushed, and says so", async () => {
		form.edit("text", "a");
		expect(await form.flush()).toBe(true);
		expect(server.fields.text).toBe("a");
		expect(form.version).toBe(2);
	});

	it("does nothing when nothing changed", async () => {
		form.edit("text", "");
		expect(await form.flush()).toBe(true);
		expect(server.saves).toEqual([]);
		expect(saveWord(form.state.value)).toBe("saved");
	});

	it("keeps what is typed during a save and sends it with the next one", async () => {
		server.hold = true;
		form.edit("text", "a");
		await vi.advanceTimersByTimeAsync(QUIET_MS);
		form.edit("text", "ab");
		server.hold = false;
		server.held?.();
		await vi.advanceTimersByTimeAsync(0);
		expect(form.fields.value.text).toBe("ab");
		expect(server.fields.text).toBe("a");
		await vi.advanceTimersByTimeAsync(QUIET_MS);
		expect(server.fields.text).toBe("ab");
	});

	it("never has two saves under way", async () => {
		server.hold = true;
		form.edit("text", "a");
		await vi.advanceTimersByTimeAsync(QUIET_MS);
		form.edit("text", "b");
		const flushed = form.flush();
		await vi.advanceTimersByTimeAsync(5 * QUIET_MS);
		expect(server.saves).toHaveLength(1);
		server.hold = false;
		server.held?.();
		expect(await flushed).toBe(true);
		expect(server.fields.text).toBe("b");
	});

	it("has one save at a time however many ask for it", async () => {
		server.hold = true;
		form.edit("text", "a");
		const all = [form.flush(), form.flush(), form.flush()];
		form.edit("text", "b");
		await vi.advanceTimersByTimeAsync(QUIET_MS);
		expect(server.saves).toHaveLength(1);
		server.hold = false;
		server.held?.();
		expect(await Promise.all(all)).toEqual([true, true, true]);
		expect(server.saves).toHaveLength(2);
		expect(server.fields.text).toBe("b");
	});

	it("mentions a save only when it takes long", async () => {
		server.hold = true;
		form.edit("text", "a");
		await vi.advanceTimersByTimeAsync(QUIET_MS + SLOW_MS - 1);
		expect(saveWord(form.state.value)).toBe("saved");
		await vi.advanceTimersByTimeAsync(1);
		expect(saveWord(form.state.value)).toBe("saving");
		server.held?.();
		await vi.advanceTimersByTimeAsync(0);
		expect(saveWord(form.state.value)).toBe("saved");
	});

	it("keeps the text here while the line is down, tries again later and longer, and tidies up", async () => {
		server.line = "down";
		form.edit("text", "留");
		expect(await form.flush()).toBe(false);
		expect(saveWord(form.state.value)).toBe("keptHere");
		expect(server.copy).toEqual({ base: { text: "", other: "" }, mine: { text: "留", other: "" } });
		await vi.advanceTimersByTimeAsync(2000);
		expect(server.saves).toHaveLength(2);
		await vi.advanceTimersByTimeAsync(3999);
		expect(server.saves).toHaveLength(2);
		server.line = "up";
		await vi.advanceTimersByTimeAsync(1);
		expect(server.fields.text).toBe("留");
		expect(server.copy).toBeNull();
		expect(saveWord(form.state.value)).toBe("saved");
	});

	it("does not claim to have kept what it could not keep", async () => {
		server.line = "down";
		server.canKeep = false;
		form.edit("text", "a");
		await form.flush();
		expect(saveWord(form.state.value)).toBe("unsaved");
		expect(form.unsaved).toBe(1);
	});

	it("stops trying after a refusal until somebody types again", async () => {
		server.line = "refusing";
		form.edit("text", "a");
		expect(await form.flush()).toBe(false);
		expect(saveWord(form.state.value)).toBe("refused");
		await vi.advanceTimersByTimeAsync(120_000);
		expect(server.saves).toHaveLength(1);
		server.line = "up";
		form.edit("text", "ab");
		await vi.advanceTimersByTimeAsync(QUIET_MS);
		expect(server.fields.text).toBe("ab");
	});

	it("joins somebody else's other field without a word to decide", async () => {
		server.write({ other: "他写的" });
		form.edit("text", "我写的");
		expect(await form.flush()).toBe(true);
		expect(server.fields).toEqual({ text: "我写的", other: "他写的" });
		expect(form.fields.value).toEqual({ text: "我写的", other: "他写的" });
		expect(form.state.value.taken).toEqual(["other"]);
	});

	it("waits for a person where both changed one field, with both texts there", async () => {
		server.write({ text: "他" });
		form.edit("text", "我");
		expect(await form.flush()).toBe(false);
		expect(form.state.value.clashes).toEqual([{ key: "text", mine: "我", theirs: "他" }]);
		expect(form.fields.value.text).toBe("我");
		expect(server.fields.text).toBe("他");
		form.edit("text", "我，续");
		await vi.advanceTimersByTimeAsync(60_000);
		expect(server.fields.text).toBe("他");
		form.settle("text", "both");
		await vi.advanceTimersByTimeAsync(0);
		expect(server.fields.text).toBe("我，续\n他");
		expect(form.state.value.phase).toBe("clean");
	});

	it("lets the other's text stand when that is chosen", async () => {
		server.write({ text: "他" });
		form.edit("text", "我");
		await form.flush();
		form.settle("text", "theirs");
		expect(form.state.value.phase).toBe("clean");
		expect(form.fields.value.text).toBe("他");
	});

	it("takes news in without touching what is being written", async () => {
		form.edit("text", "我");
		server.write({ other: "新" });
		await form.refresh();
		expect(form.fields.value).toEqual({ text: "我", other: "新" });
		await vi.advanceTimersByTimeAsync(QUIET_MS);
		expect(server.fields).toEqual({ text: "我", other: "新" });
	});

	it("puts text from this computer back and saves it", async () => {
		form.restore({ base: { text: "", other: "" }, mine: { text: "昨晚写的", other: "" } });
		await vi.advanceTimersByTimeAsync(QUIET_MS);
		expect(server.fields.text).toBe("昨晚写的");
	});

	it("shows a clash when the kept text and the server's went apart", () => {
		server.write({ text: "他" });
		const later = new Autosave(server.port, server.kept());
		later.restore({ base: { text: "" }, mine: { text: "我" } });
		expect(saveWord(later.state.value)).toBe("conflict");
		later.stop();
	});

	it("ends its timers", async () => {
		form.edit("text", "a");
		form.stop();
		await vi.advanceTimersByTimeAsync(60_000);
		expect(server.saves).toEqual([]);
	});
});
