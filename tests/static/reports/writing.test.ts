import { describe, expect, it } from "vitest";
import type { Consult, Report } from "../../../static/src/reports/model.ts";
import { Writing } from "../../../static/src/reports/writing.ts";
import { ABDOMEN, CHEST, type Fields } from "./forms.ts";

/** A server with one draft. */
function aDesk(verbs: readonly string[] = [], sections: Readonly<Record<string, string>> = {}) {
	const done: string[] = [];
	let consult = { consult_id: "c", verbs, service_line: "imaging" } as unknown as Consult;
	let report = {
		template_id: "ct_chest",
		sections,
		measurements: [],
		positive: null,
		saved_at: null,
		status: "draft",
		version: 1,
	} as unknown as Report;
	const writing = new Writing(
		consult,
		report,
		[CHEST, ABDOMEN],
		{
			consult: async () => consult,
			load: async () => report,
			save: async (_, version, fields: Fields) => {
				done.push(`save ${version}`);
				const texts = Object.entries(fields).filter(([field]) => field.startsWith("section."));
				report = {
					...report,
					version: version + 1,
					template_id: fields.template ?? "",
					sections: Object.fromEntries(texts.map(([field, text]) => [field.slice("section.".length), text])),
				};
				return report;
			},
			start: async () => {
				done.push("start");
				consult = { ...consult, verbs: [] };
				return consult;
			},
			judge: () => "refused",
			keepHere: async () => true,
			dropHere: () => undefined,
		},
		null,
	);
	return { writing, done, saved: () => report };
}

describe("writing a report", () => {
	it("starts the reading with its first save, once", async () => {
		const { writing, done, saved } = aDesk(["start"]);
		expect(writing.waitsForStart).toBe(true);
		writing.write("findings", "双肺清晰。");
		expect(await writing.autosave.flush()).toBe(true);
		writing.write("findings", "双肺清晰，无结节。");
		expect(await writing.autosave.flush()).toBe(true);
		expect(done).toEqual(["start", "save 1", "save 2"]);
		expect(writing.waitsForStart).toBe(false);
		expect(saved().sections.findings).toBe("双肺清晰，无结节。");
		writing.autosave.stop();
	});

	it("fills normal text and takes exactly that back", async () => {
		const { writing, saved } = aDesk([], { findings: "左肺结节。" });
		const filled = writing.fillNormal(CHEST.sections);
		expect(Object.keys(filled).sort()).toEqual(["section.impression", "section.pleura", "section.technique"]);
		expect(writing.text("pleura")).toBe("未见胸腔积液。");
		writing.write("pleura", "左侧少量积液。");
		await writing.autosave.flush();
		writing.takeBack(filled);
		await writing.autosave.flush();
		expect(saved().sections).toMatchObject({
			findings: "左肺结节。",
			pleura: "左侧少量积液。",
			technique: "",
			impression: "",
		});
		writing.autosave.stop();
	});

	it("foretells a change of form and then does it", () => {
		const { writing } = aDesk([], { pleura: "左侧少量积液。" });
		expect(writing.foretell("ct_abdomen")?.moved).toEqual(["pleura"]);
		expect(writing.foretell("nothing")).toBeNull();
		writing.changeForm("nothing", ({ label }) => label.zh);
		expect(writing.template).toBe(CHEST);
		writing.changeForm("ct_abdomen", ({ label }) => label.zh);
		expect(writing.template).toBe(ABDOMEN);
		expect(writing.text("findings")).toBe("段pleura：左侧少量积液。");
		writing.autosave.stop();
	});

	it("goes on with what was left on this computer", () => {
		const { writing } = aDesk([], { findings: "旧。" });
		const again = new Writing(
			writing.consult,
			{ ...aDesk([], { findings: "旧。" }).saved() },
			[CHEST],
			{
				consult: async () => writing.consult,
				load: () => Promise.reject(new Error("down")),
				save: () => Promise.reject(new Error("down")),
				start: async () => writing.consult,
				judge: () => "later",
				keepHere: async () => true,
				dropHere: () => undefined,
			},
			{ base: { ...writing.fields }, mine: { ...writing.fields, "section.findings": "新。" } },
		);
		expect(again.text("findings")).toBe("新。");
		again.autosave.stop();
		writing.autosave.stop();
	});
});

describe("a measured value", () => {
	const measured = {
		section: "findings",
		text: "9.6 mm",
		studyInstanceUid: "1.2",
		markId: "00000000-0000-4000-8000-000000000001",
	};

	it("is linked while its words stand, and takes a newer value", () => {
		const { writing } = aDesk([], { findings: "结节。" });
		writing.write("findings", "结节 9.6 mm。");
		writing.link(measured);
		expect(writing.measurements("findings")).toEqual([measured]);
		expect(writing.measurements("impression")).toEqual([]);
		writing.renew(measured, "10.2 mm");
		expect(writing.text("findings")).toBe("结节 10.2 mm。");
		expect(writing.measurements("findings")).toEqual([{ ...measured, text: "10.2 mm" }]);
		writing.write("findings", "结节。");
		expect(writing.measurements("findings")).toEqual([]);
		writing.autosave.stop();
	});
});
