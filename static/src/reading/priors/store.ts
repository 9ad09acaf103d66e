/** Earlier studies at the server. */
import { answer, api } from "../../api/client.ts";
import type { PriorServer } from "./shelf.ts";

export function serverPriors(studyInstanceUid: string): PriorServer {
	const path = { study_instance_uid: studyInstanceUid };
	return {
		list: () => answer(api.GET("/api/studies/{study_instance_uid}/priors", { params: { path } })),
		manifest: (uid) =>
			answer(
				api.GET("/api/studies/{study_instance_uid}/manifest", {
					params: { path: { study_instance_uid: uid } },
				}),
			),
	};
}
