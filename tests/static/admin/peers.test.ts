import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Echo, Peer, PeerChange, Receiving } from "../../../static/src/admin/calls.ts";
import { peerChange, peerForm } from "../../../static/src/admin/forms.ts";
import {
	causesOf,
	type EchoHelp,
	echoBlocked,
	echoFace,
	type PeerCalls,
	PeersPage,
	receivingText,
	seenText,
} from "../../../static/src/admin/peers.ts";
import { Problem } from "../../../static/src/api/problem.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";

const PEER: Peer = {
	ae_title: "SQZX_PACS",
	institution_id: "i1",
	institution_name: "石桥镇中心卫生院",
	host: "10.0.0.7",
	port: 104,
	enabled: true,
	created_at: "2026-11-20T01:00:00Z",
	last_seen_at: null,
	last_seen_address: null,
	certificate: null,
	tls: false,
	availability: false,
};
const ECHO: Echo = {
	outcome: "reachable",
	reason: "",
	milliseconds: 8.4,
	waited_seconds_max: 5,
	calling_ae_title: "LIANZHEN",
};

beforeEach(() => setLocale("zh"));

describe("the answer to an echo", () => {
	it.each<[Partial<Echo>, string, EchoHelp | null]>([
		[{}, "回声 8 ms", null],
		[{ milliseconds: 0.2 }, "回声 1 ms", null],
		[{ outcome: "rejected", reason: "calling_ae_unknown" }, "对方拒绝：不认识 LIANZHEN", "titles"],
		[{ outcome: "rejected", reason: "called_ae_unknown" }, "对方拒绝：它不叫 SQZX_PACS", "titles"],
		[{ outcome: "rejected", reason: "busy" }, "对方拒绝：正忙，稍后再试", "titles"],
		[{ outcome: "rejected", reason: "other" }, "对方拒绝连接", "titles"],
		[{ outcome: "refused", reason: "verification_refused" }, "已连上，对方不接受回声", "service"],
		[{ outcome: "refused", reason: "not_dicom" }, "已连上，对方不是 DICOM 服务", "service"],
		[{ outcome: "refused", reason: "hung_up" }, "已连上，对方随即断开", "service"],
		[{ outcome: "refused", reason: "aborted" }, "已连上，对方中止了通信", "service"],
		[{ outcome: "refused", reason: "status_0122" }, "已连上，对方答复错误 0122", "service"],
		[{ outcome: "unreachable", reason: "host_unknown" }, "找不到主机 10.0.0.7", "network"],
		[{ outcome: "unreachable", reason: "port_closed" }, "主机在，端口 104 没有开", "network"],
		[{ outcome: "unreachable", reason: "no_route" }, "网络到不了 10.0.0.7", "network"],
		[{ outcome: "silent", reason: "no_answer" }, "无应答，等了 5 秒", "network"],
		[{ outcome: "unreachable", reason: "no_tls_files" }, "本机没有可用的 TLS 证书文件", "tls"],
		[{ outcome: "refused", reason: "certificate_not_vouched_for" }, "对方的证书不被我们信任", "tls"],
		[{ outcome: "refused", reason: "another_certificate" }, "对方出示的不是登记的证书", "tls"],
		[{ outcome: "refused", reason: "no_tls" }, "已连上，端口 104 不加密", "tls"],
		[{ outcome: "refused", reason: "our_certificate_refused" }, "对方不接受我们的证书", "tls"],
		[{ outcome: "refused", reason: "handshake_failed" }, "加密协商没有谈成", "tls"],
	])("%o is said as %s", (change, text, help) => {
		const face = echoFace({ ...ECHO, ...change }, PEER);
		expect([face.text, face.help]).toEqual([text, help]);
		expect(face.tone).toBe(help === null ? "green" : "red");
	});

	it.each<EchoHelp>(["network", "titles", "service", "tls"])(
		"has three causes for %s, in both languages",
		(help) => {
			const chinese = causesOf(help);
			setLocale("en");
			const english = causesOf(help);
			expect(new Set([...chinese, ...english]).size).toBe(6);
		},
	);
});

describe("a peer in the list", () => {
	it("was never here, or then and from there", () => {
		expect(seenText(PEER)).toBeNull();
		const at = "2026-11-21T01:12:00Z";
		expect(seenText({ last_seen_at: at, last_seen_address: "10.0.0.9" })).toMatch(/ · 10\.0\.0\.9$/);
		expect(seenText({ last_seen_at: at, last_seen_address: null })).not.toContain("·");
	});

	it.each([
		[{ host: null }, true],
		[{ port: null }, true],
		[{}, false],
	])("with %o cannot be called: %s", (change, blocked) => {
		expect(echoBlocked({ ...PEER, ...change }) !== undefined).toBe(blocked);
	});

	it("fills the form it is changed in, and keeps its state", () => {
		expect(peerForm(PEER)).toEqual({
			institutionId: "i1",
			aeTitle: "SQZX_PACS",
			host: "10.0.0.7",
			port: "104",
			certificate: "",
			tls: false,
			availability: false,
		});
		expect(peerForm(null)).toEqual({
			institutionId: "",
			aeTitle: "",
			host: "",
			port: "",
			certificate: "",
			tls: false,
			availability: false,
		});
		expect(peerForm({ ...PEER, host: null, port: null })).toMatchObject({ host: "", port: "" });
		expect(peerChange({ ...peerForm(PEER), host: " ", port: "11112" }, false)).toEqual({
			host: null,
			port: 11112,
			certificate: null,
			tls: false,
			availability: false,
			enabled: false,
		});
		const bound = { ...PEER, certificate: "CN=SQZX" };
		expect(peerChange(peerForm(bound), true).certificate).toBe("CN=SQZX");
		expect(peerChange(peerForm({ ...PEER, tls: true }), true).tls).toBe(true);
		expect(peerChange(peerForm({ ...PEER, availability: true }), true).availability).toBe(true);
	});
});

const SENDING: Receiving = {
	ae_title: "SQZX_PACS",
	address: "10.0.0.7",
	began_at: "2026-11-21T01:12:00Z",
	objects: 35,
	bytes: 12_400_000,
};

describe("what a peer is sending", () => {
	it("is nothing, objects so far, or part of one more", () => {
		expect(receivingText([], "SQZX_PACS")).toBeNull();
		expect(receivingText([SENDING], "OTHER")).toBeNull();
		expect(receivingText([{ ...SENDING, bytes: null }], "SQZX_PACS")).toBe("正在接收，已收 35 件");
		expect(receivingText([SENDING], "SQZX_PACS")).toMatch(/^正在接收，已收 35 件，本件 1\d(\.\d)? MB$/);
	});

	it("counts all of its associations together, in both languages", () => {
		const two = [SENDING, { ...SENDING, objects: 1, bytes: null }];
		expect(receivingText(two, "SQZX_PACS")).toContain("36");
		setLocale("en");
		expect(receivingText(two, "SQZX_PACS")).toMatch(/^receiving: 36 stored, 1\d(\.\d)? MB of the next$/);
		expect(receivingText([{ ...SENDING, objects: 1, bytes: 0 }], "SQZX_PACS")).toBe(
			"receiving, 1 object so far",
		);
	});
});

class House {
	peers: Peer[] = [PEER];
	readonly changes: [string, PeerChange][] = [];
	readonly removed: string[] = [];
	fails: Problem | null = null;
	answer: () => Promise<Echo> = () => Promise.resolve(ECHO);
	asked = 0;
	loads = 0;
	sending: () => Promise<Receiving[]> = () => Promise.resolve([]);

	get calls(): PeerCalls {
		return {
			load: () => {
				this.loads += 1;
				return this.fails ? Promise.reject(this.fails) : Promise.resolve([...this.peers]);
			},
			receiving: () => this.sending(),
			institutions: () => Promise.resolve([]),
			change: (title, change) => {
				this.changes.push([title, change]);
				if (this.fails) return Promise.reject(this.fails);
				this.peers = this.peers.map((one) => (one.ae_title === title ? { ...one, ...change } : one));
				return Promise.resolve(this.peers[0] ?? PEER);
			},
			remove: (title) => {
				this.removed.push(title);
				this.peers = [];
				return Promise.resolve();
			},
			echo: () => {
				this.asked += 1;
				return this.answer();
			},
		};
	}
}

describe("the peers' page", () => {
	it("shows who is registered, and keeps them when a later question fails", async () => {
		const house = new House();
		const page = new PeersPage(house.calls);
		expect(page.state.value.peers).toBeNull();
		await page.load();
		expect(page.state.value).toMatchObject({ peers: [PEER], problem: null });
		house.fails = new Problem({ status: 503, code: "general.busy" });
		await page.load();
		expect(page.state.value.peers).toEqual([PEER]);
		expect(page.state.value.problem?.code).toBe("general.busy");
	});

	it("calls a peer once however often one presses, and shows the answer", async () => {
		const house = new House();
		const page = new PeersPage(house.calls);
		let tell: (echo: Echo) => void = () => undefined;
		house.answer = () => new Promise((resolve) => (tell = resolve));
		const first = page.echo(PEER);
		expect(page.echoes.value.get("SQZX_PACS")).toEqual({ asking: true });
		await page.echo(PEER);
		expect(house.asked).toBe(1);
		tell(ECHO);
		await first;
		expect(page.echoes.value.get("SQZX_PACS")).toMatchObject({ asking: false, face: { text: "回声 8 ms" } });
		house.answer = () => Promise.reject(new Problem({ status: 0 }));
		await page.echo(PEER);
		expect(page.echoes.value.get("SQZX_PACS")).toMatchObject({
			asking: false,
			face: { tone: "red", help: null },
		});
		expect(house.asked).toBe(2);
	});

	it("forgets an answer that was given under another address", async () => {
		const page = new PeersPage(new House().calls);
		await page.echo(PEER);
		await page.echo({ ...PEER, ae_title: "OTHER" });
		page.forgetEcho("SQZX_PACS");
		expect([...page.echoes.value.keys()]).toEqual(["OTHER"]);
	});

	it("shuts out and lets in where it was, and says so", async () => {
		const house = new House();
		const page = new PeersPage(house.calls);
		expect(await page.setEnabled(PEER, false)).toContain("SQZX_PACS");
		expect(house.changes).toEqual([
			["SQZX_PACS", { host: "10.0.0.7", port: 104, certificate: null, tls: false, availability: false, enabled: false }],
		]);
		expect(page.state.value.peers?.[0]?.enabled).toBe(false);
		expect(await page.setEnabled(PEER, true)).not.toEqual(await page.setEnabled(PEER, false));
	});

	it("asks for the list again when a step was refused, and passes the refusal on", async () => {
		const house = new House();
		const page = new PeersPage(house.calls);
		const load = vi.fn(house.calls.load);
		const watched = new PeersPage({ ...house.calls, load });
		house.fails = new Problem({ status: 404, code: "dicom.peer_not_found" });
		await expect(page.setEnabled(PEER, false)).rejects.toMatchObject({ code: "dicom.peer_not_found" });
		await expect(watched.setEnabled(PEER, false)).rejects.toBeInstanceOf(Problem);
		expect(load).toHaveBeenCalledTimes(1);
	});

	it("looks what arrives, and asks for the list again only when a sender comes or goes", async () => {
		const house = new House();
		const page = new PeersPage(house.calls);
		await page.look();
		expect(house.loads).toBe(0);
		house.sending = () => Promise.resolve([SENDING]);
		await page.look();
		expect([page.receiving.value, house.loads]).toEqual([[SENDING], 1]);
		house.sending = () => Promise.resolve([{ ...SENDING, objects: 36 }]);
		await page.look();
		expect(house.loads).toBe(1);
		house.sending = () => Promise.resolve([]);
		await page.look();
		expect(house.loads).toBe(2);
		house.sending = () => Promise.reject(new Problem({ status: 0 }));
		await page.look();
		expect(page.receiving.value).toEqual([]);
	});

	it("keeps looking until it is told to stop", async () => {
		const house = new House();
		const page = new PeersPage(house.calls);
		let asked = 0;
		house.sending = () => {
			asked += 1;
			return Promise.resolve([]);
		};
		let tick: () => void = () => undefined;
		let stopped = false;
		const stop = page.follow((run) => {
			run();
			tick = run;
			return () => {
				stopped = true;
			};
		});
		tick();
		await page.look();
		expect(asked).toBe(3);
		stop();
		expect(stopped).toBe(true);
	});

	it("removes a peer", async () => {
		const house = new House();
		const page = new PeersPage(house.calls);
		expect(await page.remove(PEER)).toContain("SQZX_PACS");
		expect(house.removed).toEqual(["SQZX_PACS"]);
		expect(page.state.value.peers).toEqual([]);
	});
});
