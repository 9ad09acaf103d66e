import { describe, expect, it } from "vitest";
import { Problem } from "../../../../static/src/api/problem.ts";
import { judge } from "../../../../static/src/api/saving.ts";
import { type DraftPort, RequestDraft } from "../../../../static/src/consults/request/draft.ts";
import { type Consult, keptOf } from "../../../../static/src/consults/request/form.ts";
import { savedLine } from "../../../../static/src/consults/request/words.ts";
import { consultWith, PATIENT } from "../case/consult.ts";

const lacking = (...missing: string[]): Consult["verdicts"] => [
	{ guard: "data_complete", passed: missing.length === 0, facts: {}, missing },
];

/** A server with one request; what it lacks is what has no text. */
class Server {
	consult: Consult;
	down = false;
	submissions = 0;
	refusal: Problem | null = null;

	constructor(given: Partial<Consult> = {}) {
		this.consult = consultWith({ verdicts: lacking(), ...given });
	}

	readonly port: DraftPort = {
		saving: (_id, heard) => ({
			load: async () => {
				heard(this.consult);
				return keptOf(this.consult, null);
			},
			save: async (_version, fields) => {
				if (this.down) throw new Problem({ status: 0 });
				this.consult = {
					...this.consult,
					version: this.consult.version + 1,
					question: fields.question ?? "",
					chief_complaint: fields.chief_complaint ?? "",
					verdicts: lacking(...((fields.question ?? "") === "" ? ["question"] : [])),
				};
				heard(this.consult);
				return keptOf(this.consult, "2026-11-21T02:36:12Z");
			},
			judge,
			keepHere: async () => true,
			dropHere: () => undefined,
		}),
		submit: async () => {
			this.submissions += 1;
			if (this.refusal) throw this.refusal;
			return { ...this.consult, status: "submitted" };
		},
	};
}

const draftOf = (server: Server, kept: ConstructorParameters<typeof RequestDraft>[2] = null): RequestDraft =>
	new RequestDraft(server.consult, server.port, kept);

describe("a request being written", () => {
	it("saves what was typed before it sends", async () => {
		const server = new Server();
		const draft = draftOf(server);
		draft.edit("question", "是否增大");
		expect(await draft.submit()).toMatchObject({ kind: "done", consult: { status: "submitted" } });
		expect(server.consult.question).toBe("是否增大");
	});

	it("leads to the first gap and sends nothing; only then a field says that it is missing", async () => {
		const server = new Server({ verdicts: lacking("question") });
		const draft = draftOf(server);
		expect(draft.lacks("question")).toBe(false);
		expect(await draft.submit()).toEqual({ kind: "gap", field: "question" });
		expect(draft.lacks("question")).toBe(true);
		expect(server.submissions).toBe(0);
		draft.edit("question", "有答案吗");
		expect((await draft.submit()).kind).toBe("done");
	});

	it("sends nothing while something is unsaved, and keeps the text", async () => {
		const server = new Server();
		const draft = draftOf(server);
		server.down = true;
		draft.edit("question", "断网时写的");
		expect(await draft.submit()).toEqual({ kind: "unsaved" });
		expect(server.submissions).toBe(0);
		expect(draft.field("question")).toBe("断网时写的");
		expect(savedLine(draft.autosave.state.value)).toContain("已留在本机");
		draft.autosave.stop();
	});

	it("sends once, however often that is asked", async () => {
		const server = new Server();
		const draft = draftOf(server);
		const kinds = (await Promise.all([draft.submit(), draft.submit()])).map((one) => one.kind);
		expect(kinds.sort()).toEqual(["done", "unsaved"]);
		expect(server.submissions).toBe(1);
		expect(draft.submitting).toBe(false);
	});

	it("goes to the gap that the server found at submission", async () => {
		const server = new Server();
		const draft = draftOf(server);
		server.refusal = new Problem({ status: 409, code: "consults.preconditions_failed" });
		server.consult = { ...server.consult, version: 9, verdicts: lacking("consent") };
		expect(await draft.submit()).toEqual({ kind: "gap", field: "consent" });
	});

	it("says why the server refused, where no gap explains it", async () => {
		const server = new Server();
		server.refusal = new Problem({ status: 403, code: "identity.role_missing" });
		const outcome = await draftOf(server).submit();
		expect(outcome).toMatchObject({ kind: "refused", problem: { code: "identity.role_missing" } });
	});

	it("knows the chosen patient at once, and no other's", () => {
		const server = new Server({ full_patient: PATIENT });
		const draft = draftOf(server);
		expect(draft.patient?.name).toBe("罗桂兰");
		draft.choosePatient({ ...PATIENT, patient_id: "p2", name: "韦秀英" });
		expect(draft.patient?.name).toBe("韦秀英");
		draft.edit("patient_id", "p3");
		expect(draft.patient).toBeNull();
		draft.autosave.stop();
	});

	it("puts text that was kept here back in", () => {
		const base = keptOf(consultWith({}), null).fields;
		const draft = draftOf(new Server(), { base, mine: { ...base, history: "昨晚写的" } });
		expect(draft.field("history")).toBe("昨晚写的");
		draft.autosave.stop();
	});
});
