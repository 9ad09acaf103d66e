/** What the patient's page needs of a call. The page that composes both gives it (`calls/prepare.ts` fits):
 * features do not import each other. */
import type { Readable } from "../kit/store.ts";

export type DeviceWord = "on" | "off" | "opening" | "blocked" | "busy" | "missing" | "insecure";
export type GradeWord = "good" | "fair" | "poor" | "unknown";

export interface Entry {
	readonly ticket: string;
	readonly signalingUrl: string;
	readonly roomId: string;
}

export interface PeerSeen {
	readonly pid: string;
	readonly name: string;
	readonly institution: string;
	readonly state: string;
	readonly showing: boolean;
	readonly line: "connecting" | "connected" | "broken";
	readonly grade: "good" | "fair" | "poor";
	readonly media: { readonly audio: boolean; readonly video: boolean };
}

export interface CallSeen {
	readonly link: string;
	readonly me: { readonly seat: string } | null;
	readonly peers: readonly PeerSeen[];
	readonly position: number | null;
	readonly clinicianPresent: boolean;
	readonly media: { readonly audio: boolean; readonly video: boolean };
	readonly camera: DeviceWord;
	readonly cameras: number;
	readonly ended: string | null;
	readonly liveSince: string | null;
	readonly lostAtMs: number | null;
	readonly graceSeconds: number;
	readonly entered: boolean;
}

export interface PatientCall {
	readonly state: Readable<CallSeen>;
	connect(): void;
	checkLine(): Promise<{ readonly grade: GradeWord }>;
	enter(): Promise<void>;
	setAudio(on: boolean): void;
	setVideo(on: boolean): void;
	switchCamera(): Promise<void>;
	leave(): void;
	dispose(): void;
	show(video: HTMLVideoElement, pid: string): () => void;
}

export interface PatientPreparation {
	readonly devices: {
		readonly state: Readable<{
			readonly camera: DeviceWord;
			readonly microphone: DeviceWord;
			readonly cameras: number;
		}>;
	};
	readonly level: Readable<number>;
	open(): Promise<void>;
	show(video: HTMLVideoElement): () => void;
	switchCamera(): Promise<void>;
	quiet(): void;
	close(): void;
	join(entry: Entry): PatientCall;
}
