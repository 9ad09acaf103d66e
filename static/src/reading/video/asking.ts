/** How this page asks the server for a video. */
import { answer, api } from "../../api/client.ts";
import type { Video } from "../manifest.ts";
import { Preparing, type VideoState } from "./preparing.ts";

function ask(video: Video): Promise<VideoState> {
	const [video_id = "", study_instance_uid = ""] = video.url.split("/").slice(3);
	const path = { video_id, study_instance_uid };
	return answer(api.GET("/api/videos/{video_id}/{study_instance_uid}/state", { params: { path } }));
}

export function prepare(video: Video): Preparing {
	const element = document.createElement("video");
	return new Preparing({
		ask: () => ask(video),
		canPlay: (mediaType) => element.canPlayType(mediaType) !== "",
		later: (run, ms) => {
			const timer = setTimeout(run, ms);
			return () => clearTimeout(timer);
		},
	});
}
