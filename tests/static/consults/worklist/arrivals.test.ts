import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../../../../static/src/api/live.ts";
import { Problem } from "../../../../static/src/api/problem.ts";
import {
	Arrivals,
	arrivalColumns,
	arrivalDate,
	arrivalHref,
	arrivalPatient,
	arrivalSex,
	arrivalState,
	arrivalTitle,
} from "../../../../static/src/consults/worklist/arrivals.ts";
import type { Arrival } from "../../../../static/src/consults/worklist/calls.ts";

function arrival(given: Partial<Arrival> = {}): Arrival {
	return {
		study_instance_uid: "1.2.3",
		institution_id: "i1",
		institution_name: "石桥镇中心卫生院",
		patient_name: "Qiu^Dashan=仇^大山",
		patient_id: "SQ0005",
		patient_sex: "M",
		patient_birth_date: "19550203",
		study_date: "20260302",
		study_time: "091500",
		study_description: "胸部平扫",
		accession_number: "CT0005",
		modalities: ["CT"],
		series_count: 1,
		instance_count: 54,
		source_ae_title: "SQZX_PACS",
		first_received_at: "2026-03-02T01:15:00Z",
		last_received_at: "2026-03-02T01:16:00Z",
		settled: true,
		consult_id: null,
		consult_number: null,
		...given,
	};
}

describe("an arrived study's cells", () => {
	it("masks the name, else shows the number", () => {
		expect(arrivalPatient(arrival())).toBe("仇*山");
		expect(arrivalPatient(arrival({ patient_name: "" }))).toBe("SQ0005");
		expect(arrivalPatient(arrival({ patient_name: "", patient_id: "" }))).toBe("—");
		expect([arrivalSex(arrival()), arrivalSex(arrival({ patient_sex: "" }))]).toEqual(["男", ""]);
	});

	it("names the study by what it has", () => {
		expect(arrivalTitle(arrival())).toBe("CT 胸部平扫");
		expect(arrivalTitle(arrival({ modalities: [], study_description: "" }))).toBe("CT0005");
		const bare = { modalities: [], study_description: "", accession_number: "" };
		expect(arrivalTitle(arrival(bare))).toBe("1.2.3");
	});

	it.each([
		["20260302", "2026-03-02"],
		["", "—"],
		["2026.03.02", "2026.03.02"],
	])("writes the date “%s” as %s", (study_date, shown) => {
		expect(arrivalDate(arrival({ study_date }))).toBe(shown);
	});

	it("tells receiving from settled by word, icon and colour", () => {
		expect(arrivalState(arrival({ settled: false, instance_count: 7 }))).toEqual({
			text: "正在接收 · 7 幅",
			icon: "cloud",
			tone: "blue",
		});
		expect(arrivalState(arrival())).toMatchObject({ text: "已到齐 · 54 幅", tone: "green" });
	});

	it("names its dates where the head is missing, and escapes addresses", () => {
		const named = arrivalColumns().filter((column) => column.named);
		expect(named.map((column) => column.label)).toEqual(["检查日期", "到达"]);
		expect(arrivalHref("1.2/3")).toBe("/read/1.2%2F3");
	});
});

class Server {
	rows: Arrival[] = [arrival()];
	down = false;
	asked: string[] = [];
	readonly held: (() => void)[] = [];
	hold = false;

	readonly load = async (text: string): Promise<Arrival[]> => {
		this.asked.push(text);
		const { rows } = this;
		if (this.hold) await new Promise<void>((go) => this.held.push(go));
		if (this.down) throw new Problem({ status: 0 });
		return rows;
	};
}
const news = (type: string): LiveEvent => ({ id: "1-1", type, data: {} });

describe("the list of arrived studies", () => {
	it("is asked again by news of studies and cases, and by nothing else", async () => {
		const server = new Server();
		const list = new Arrivals(server.load);
		await list.hear(news("hello"));
		expect(server.asked).toEqual([]);
		await list.search(" 仇 ");
		for (const type of ["dicom.study_received", "dicom.study_settled", "consult.changed", "hello", "room.x"])
			await list.hear(news(type));
		expect(server.asked).toEqual(["仇", "仇", "仇", "仇", "仇"]);
	});

	it("makes one more question of any number of news while one is under way", async () => {
		const server = new Server();
		const list = new Arrivals(server.load);
		await list.search("");
		server.hold = true;
		const first = list.hear(news("dicom.study_received"));
		for (let n = 0; n < 50; n += 1) await list.hear(news("dicom.study_received"));
		expect(server.asked).toHaveLength(2);
		server.hold = false;
		server.rows = [arrival(), arrival({ study_instance_uid: "2" })];
		server.held[0]?.();
		await first;
		expect(server.asked).toHaveLength(3);
		expect(list.state.value.rows).toHaveLength(2);
	});

	it("drops the slow answer to an old search, and still hears news", async () => {
		const server = new Server();
		const list = new Arrivals(server.load);
		server.hold = true;
		const slow = list.search("old");
		server.hold = false;
		server.rows = [];
		await list.search("new");
		server.held[0]?.();
		await slow;
		expect(list.state.value.rows).toEqual([]);
		server.rows = [arrival()];
		await list.hear(news("dicom.study_settled"));
		expect(list.state.value.rows).toHaveLength(1);
	});

	it("keeps what is shown when the line is down, and recovers", async () => {
		const server = new Server();
		const list = new Arrivals(server.load);
		server.down = true;
		await list.search("");
		expect(list.state.value).toMatchObject({ rows: null, problem: { kind: "offline" } });
		server.down = false;
		await list.search("");
		server.down = true;
		await list.hear(news("dicom.study_received"));
		expect(list.state.value.rows).toHaveLength(1);
		expect(list.state.value.problem?.kind).toBe("offline");
		server.down = false;
		await list.hear(news("hello"));
		expect(list.state.value.problem).toBeNull();
	});
});
