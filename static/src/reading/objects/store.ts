/** Objects and filings at the server. */
import { answer, api } from "../../api/client.ts";
import type { ObjectServer } from "./board.ts";
import type { StudyObjects } from "./told.ts";

export function serverObjects(studyInstanceUid: string): ObjectServer {
	const params = { path: { study_instance_uid: studyInstanceUid } };
	return {
		// openapi-fetch forgets that points are pairs.
		objects: () =>
			answer(api.GET("/api/studies/{study_instance_uid}/objects", { params })) as Promise<StudyObjects>,
		filings: () => answer(api.GET("/api/studies/{study_instance_uid}/filings", { params })),
		file: (body) => answer(api.POST("/api/studies/{study_instance_uid}/filings", { params, body })),
	};
}
