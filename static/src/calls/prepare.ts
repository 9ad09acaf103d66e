/** What happens before the room: camera, microphone and how loud it is. The room then takes the devices over. */
import { Store } from "../kit/store.ts";
import { Call, type Entry } from "./call.ts";
import { Devices, meter } from "./devices.ts";

export class Preparation {
	readonly devices = new Devices();
	/** Loudness of one's own microphone, 0…1. */
	readonly level = new Store(0);
	#stopMeter: () => void = () => undefined;

	/** Opens camera and microphone and listens; may be tried again. */
	async open(): Promise<void> {
		this.#stopMeter();
		const { stream } = await this.devices.open();
		if (stream !== null) this.#stopMeter = meter(stream, (level) => this.level.set(level));
	}

	/** Keeps one's own picture on a video element; answers how to stop. */
	show(video: HTMLVideoElement): () => void {
		return this.devices.state.subscribe(({ stream }) => {
			video.srcObject = stream;
		});
	}

	async switchCamera(): Promise<void> {
		await this.devices.switchCamera();
	}

	/** The call that uses these devices. */
	join(entry: Entry, renew?: () => Promise<string>): Call {
		return new Call({ entry, devices: this.devices, ...(renew === undefined ? {} : { renew }) });
	}

	/** The meter is no longer shown. */
	quiet(): void {
		this.#stopMeter();
		this.#stopMeter = () => undefined;
	}

	close(): void {
		this.quiet();
		this.devices.close();
	}
}
