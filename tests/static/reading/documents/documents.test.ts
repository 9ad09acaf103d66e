import { afterEach, describe, expect, it, vi } from "vitest";

const { wire } = await vi.hoisted(() => import("../../api/wire.ts"));

import { fetchDocument } from "../../../../static/src/reading/documents/fetching.ts";
import { documentsOf, showingOf } from "../../../../static/src/reading/documents/listing.ts";
import { papersOf, untoldOf } from "../../../../static/src/reading/objects/told.ts";
import { aDocument, aHeader, aReport, told } from "../objects/objects.ts";
import { aSeries, aStudy } from "../studies.ts";

describe("the documents of a study", () => {
	const scan = aSeries(2, { uid: "scan", modality: "DOC", description: "外院报告" });

	it("are what was encapsulated and what was scanned, and no other image", () => {
		const objects = told({ documents: [aDocument(), aDocument({ media_type: "image/png", title: "" })] });
		const listed = documentsOf(aStudy([aSeries(9), scan]), objects);
		expect(listed.map(({ uid, title, showing, pages }) => [uid, title, showing, pages])).toEqual([
			["9.5", "申请单", "pdf", 1],
			["9.5", "Administrative note", "picture", 1],
			["scan", "外院报告", "scan", 2],
		]);
		expect(listed.map(({ date }) => date)).toEqual(["2026-03-02 17:05", "2026-03-02 17:05", "2026-11-21"]);
	});

	it("are none where none came", () => {
		expect(documentsOf(aStudy([aSeries(9)]), told())).toEqual([]);
		expect(documentsOf(null, told({ documents: [aDocument()] }))).toHaveLength(1);
	});

	it("are structured reports as well, but for those that were filed here from marks", () => {
		const header = aHeader({ sop_instance_uid: "9.7", ours: false, created: "20260303" });
		const came = aReport({ title: "Dose", header });
		const filed = aReport({ header: aHeader({ ours: true }) });
		const objects = told({ documents: [aDocument()], reports: [filed, came] });
		const listed = documentsOf(aStudy([scan]), objects);
		expect(listed.map(({ uid, title, date, showing }) => [uid, title, date, showing])).toEqual([
			["9.5", "申请单", "2026-03-02 17:05", "pdf"],
			["9.7", "Dose", "2026-03-03", "report"],
			["scan", "外院报告", "2026-11-21", "scan"],
		]);
		expect(papersOf(objects)).toBe(2);
	});

	it("are shown in place where a browser can draw them safely", () => {
		const shown = ["application/pdf", "image/jpeg", "image/svg+xml", "text/html", "application/octet-stream", ""];
		expect(shown.map(showingOf)).toEqual(["pdf", "picture", "other", "other", "other", "other"]);
	});

	it("are not listed once more among what cannot be shown", () => {
		const header = aHeader({ series_instance_uid: "papers" });
		const study = aStudy([aSeries(0, { uid: "papers", kind: "other", modality: "DOC" })]);
		expect(untoldOf(study, told({ documents: [aDocument({ header })] }))).toEqual([]);
		expect(untoldOf(study, told())).toHaveLength(1);
	});
});

describe("a document at the server", () => {
	const made: Blob[] = [];
	const gone: string[] = [];
	vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => `blob:${made.push(blob as Blob)}`);
	vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void gone.push(url));
	afterEach(() => {
		made.length = 0;
		gone.length = 0;
	});

	it("is taken for what its object says, whatever the answer calls it", async () => {
		wire.answers(() => new Response("<script>", { headers: { "content-type": "text/html" } }));
		const fetched = await fetchDocument("1.2", "9.5", "application/pdf");
		expect(wire.lines).toEqual(["GET /api/studies/1.2/documents/9.5"]);
		expect([made[0]?.type, await made[0]?.text()]).toEqual(["application/pdf", "<script>"]);
		fetched.letGo();
		expect(gone).toEqual([fetched.url]);
	});

	it("that is refused says why, and leaves nothing behind", async () => {
		wire.refuses(404, "objects.document_missing");
		const refused = fetchDocument("1.2", "9.5", "application/pdf");
		await expect(refused).rejects.toMatchObject({ code: "objects.document_missing" });
		expect(made).toEqual([]);
	});
});
