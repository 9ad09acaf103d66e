import { describe, expect, it } from "vitest";
import { ManifestRefused } from "../../../static/src/reading/manifest.ts";
import {
	ManifestDenied,
	readManifest,
	requestManifest,
} from "../../../static/src/reading/manifest_request.ts";
import { openingProblem } from "../../../static/src/reading/problem.ts";
import { wireManifest } from "./studies.ts";

const answered = (body: unknown, status = 200): Promise<Response> =>
	Promise.resolve(new Response(JSON.stringify(body), { status }));

async function thrownBy(reading: Promise<unknown>): Promise<unknown> {
	return reading.then(
		() => null,
		(thrown: unknown) => thrown,
	);
}

describe("the manifest of a study", () => {
	it("is asked for at an address that keeps the UID in its place, before all else", async () => {
		const asked: unknown[] = [];
		await requestManifest("1.2/../3", (url, { priority }) => {
			asked.push([url, priority]);
			return answered({});
		});
		expect(asked).toEqual([["/api/studies/1.2%2F..%2F3/manifest", "high"]]);
	});

	it("is read in our own words", async () => {
		const study = await readManifest(answered(wireManifest(5)));
		expect(study.series.map((one) => one.frames.length)).toEqual([5]);
	});

	it("that is refused tells the server's reason", async () => {
		const thrown = await thrownBy(readManifest(answered({ code: "dicom.study_not_found" }, 404)));
		expect(thrown).toBeInstanceOf(ManifestDenied);
		expect(openingProblem(thrown)).toMatchObject({ kind: "not_found", code: "dicom.study_not_found" });
	});

	it("whose refusal is no JSON is refused all the same", async () => {
		const thrown = await thrownBy(readManifest(Promise.resolve(new Response("<html>", { status: 502 }))));
		expect(openingProblem(thrown).kind).toBe("unavailable");
	});

	it("that is another thing is not taken", async () => {
		expect(await thrownBy(readManifest(answered({ series: 3 })))).toBeInstanceOf(ManifestRefused);
	});

	it("that does not come is a line without connection", async () => {
		const thrown = await thrownBy(readManifest(Promise.reject(new TypeError("network"))));
		expect(openingProblem(thrown).kind).toBe("offline");
	});
});
