/** The page of the store: what is said of disk, bucket and check, of each institution and each fault. No DOM. */
import { asProblem, type Problem } from "../api/problem.ts";
import { fileSize, isoDay, shortDateTime } from "../kit/format.ts";
import { say, t } from "../kit/i18n.ts";
import { Store } from "../kit/store.ts";
import type { IconName } from "../ui/icons.ts";
import type { Tone } from "../ui/status.ts";
import type { Fault, Storage, Use } from "./calls.ts";
import { texts } from "./texts.ts";

const GIGABYTE = 1_000_000_000;
const QUOTA = /^\d{1,9}(?:\.\d{1,3})?$/;
const PERCENT = 100;
const NEAR_PERCENT = 90;

/** How full, 0 to 100; 100 also for more than all. */
export function percentOf(part: number, whole: number): number {
	return whole > 0 ? Math.min(PERCENT, Math.round((part / whole) * PERCENT)) : 0;
}

export interface Fact {
	readonly key: "disk" | "bucket" | "check" | "faults";
	readonly label: string;
	readonly value: string;
	readonly note: string;
	readonly tone: Tone | "";
	/** For a bar; null where there is none. */
	readonly percent: number | null;
}

function diskFact(storage: Storage): Fact[] {
	if (!storage.disk) return [];
	const { size_bytes: size, free_bytes: free, reserve_bytes: reserve } = storage.disk;
	const percent = percentOf(size - free, size);
	const full = free <= reserve;
	return [
		{
			key: "disk",
			label: t(texts).diskFree,
			value: fileSize(free),
			note: full
				? t(texts).diskFull
				: say(t(texts).diskNote, { size: fileSize(size), reserve: fileSize(reserve) }),
			tone: full ? "red" : percent >= NEAR_PERCENT ? "orange" : "",
			percent,
		},
	];
}

function bucketFact(storage: Storage): Fact[] {
	if (!storage.bucket) return [];
	const { unsent, unsent_bytes: bytes, failed, oldest_unsent: oldest } = storage.bucket;
	const since = oldest === null ? "" : shortDateTime(oldest);
	return [
		{
			key: "bucket",
			label: t(texts).unsent,
			value:
				unsent === 0 ? t(texts).allSent : say(t(texts).unsentCount, { n: unsent, size: fileSize(bytes) }),
			note:
				unsent === 0
					? t(texts).bucketVerified
					: say(failed > 0 ? t(texts).unsentFailed : t(texts).unsentSince, { when: since, n: failed }),
			tone: failed > 0 ? "orange" : "",
			percent: null,
		},
	];
}

function checkFact({ check }: Storage): Fact[] {
	if (!check) return [];
	const done = check.ended_at !== null;
	const percent = done ? PERCENT : Math.min(PERCENT - 1, percentOf(check.bytes, check.stored_bytes));
	return [
		{
			key: "check",
			label: t(texts).check,
			value: done ? say(t(texts).checkDone, { when: isoDay(check.ended_at ?? "") }) : `${percent}%`,
			note: say(t(texts).checkNote, {
				n: check.objects,
				size: fileSize(check.bytes),
				when: isoDay(check.began_at),
			}),
			tone: "",
			percent: done ? null : percent,
		},
	];
}

function faultsFact({ missing, damaged }: Storage): Fact {
	const good = missing + damaged === 0;
	return {
		key: "faults",
		label: t(texts).faults,
		value: good ? t(texts).noFaultsShort : say(t(texts).faultCount, { n: missing + damaged }),
		note: good ? t(texts).noFaultsNote : say(t(texts).faultsNote, { missing, damaged }),
		tone: good ? "green" : "red",
		percent: null,
	};
}

/** What stands over the tables; other institutions than the centre hear of their faults alone. */
export function factsOf(storage: Storage): Fact[] {
	return [...diskFact(storage), ...bucketFact(storage), ...checkFact(storage), faultsFact(storage)];
}

/** `1.2 TB / 2.0 TB · 60%`; without a quota only what is used. */
export function useText(use: Use): string {
	if (use.quota_bytes === 0) return fileSize(use.used_bytes);
	const percent = Math.round((use.used_bytes / use.quota_bytes) * PERCENT);
	return `${fileSize(use.used_bytes)} / ${fileSize(use.quota_bytes)} · ${percent}%`;
}

export interface Face {
	readonly icon: IconName;
	readonly tone: Tone;
	readonly text: string;
}

/** How an institution stands to its quota. */
export function useFace(use: Use): Face {
	if (use.quota_bytes === 0) return { icon: "circle", tone: "ink-3", text: t(texts).noQuota };
	if (use.state === "full") return { icon: "octagon", tone: "red", text: t(texts).quotaFull };
	if (use.state === "near") return { icon: "alert", tone: "orange", text: t(texts).quotaNear };
	const left = fileSize(use.quota_bytes - use.used_bytes);
	return { icon: "checkCircle", tone: "green", text: say(t(texts).quotaLeft, { size: left }) };
}

/** What stands in the form: gigabytes, empty for no quota. */
export function quotaGigabytes(use: Use): string {
	return use.quota_bytes === 0 ? "" : String(use.quota_bytes / GIGABYTE);
}

/** The bytes that were written in gigabytes; null when that is no quota. */
export function quotaBytes(written: string): number | null {
	const text = written.trim();
	if (text === "") return 0;
	return QUOTA.test(text) ? Math.round(Number(text) * GIGABYTE) : null;
}

/** `CT · 2026-03-02 · 序列 2 · 第 14 幅`. */
export function faultWhere(fault: Fault): string {
	const day = fault.study_date.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
	const series = fault.series_number === null ? "" : say(t(texts).seriesNumber, { n: fault.series_number });
	const instance =
		fault.instance_number === null ? "" : say(t(texts).instanceNumber, { n: fault.instance_number });
	return [fault.modality, day, series, instance].filter((part) => part !== "").join(" · ");
}

/** What is wrong with an object, or how it came right again. */
export function faultFace(fault: Fault): Face {
	if (fault.mended_by === "other_copy")
		return { icon: "checkCircle", tone: "green", text: t(texts).mendedByCopy };
	if (fault.mended_by === "sent_again")
		return { icon: "checkCircle", tone: "green", text: t(texts).mendedBySending };
	if (fault.integrity === "missing") return { icon: "octagon", tone: "red", text: t(texts).faultMissing };
	return { icon: "octagon", tone: "red", text: t(texts).faultDamaged };
}

/** Since when, and when it was looked at last. */
export function faultTimes(fault: Fault): { readonly found: string; readonly after: string } {
	const after = fault.mended_at === null ? t(texts).checkedAt : t(texts).mendedAt;
	return {
		found: shortDateTime(fault.found_at),
		after: say(after, { when: shortDateTime(fault.mended_at ?? fault.checked_at) }),
	};
}

export interface StorageCalls {
	readonly load: () => Promise<Storage>;
	readonly faults: (mended: boolean) => Promise<Fault[]>;
	readonly setQuota: (institutionId: string, bytes: number) => Promise<void>;
}

export type StorageTab = "use" | "faults" | "mended" | "retention";

export interface StorageState {
	readonly tab: StorageTab;
	/** null until the first answer. */
	readonly storage: Storage | null;
	/** null until they are known for the tab that is shown. */
	readonly faults: readonly Fault[] | null;
	readonly problem: Problem | null;
}

export class StoragePage {
	readonly state = new Store<StorageState>({ tab: "use", storage: null, faults: null, problem: null });
	readonly #calls: StorageCalls;
	#asked = 0;

	constructor(calls: StorageCalls) {
		this.#calls = calls;
	}

	show(tab: StorageTab): Promise<void> {
		this.state.update((shown) => ({ ...shown, tab, faults: null }));
		return this.load();
	}

	/** What is shown already stays when a question fails; only the newest question's answer counts. */
	async load(): Promise<void> {
		this.#asked += 1;
		const asked = this.#asked;
		const { tab } = this.state.value;
		try {
			const [storage, faults] = await Promise.all([
				this.#calls.load(),
				tab === "use" ? null : this.#calls.faults(tab === "mended"),
			]);
			if (asked !== this.#asked) return;
			this.state.update((shown) => ({ ...shown, storage, faults, problem: null }));
		} catch (thrown) {
			if (asked === this.#asked) this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		}
	}

	/** Says what was set; raises what the server said against it. */
	async setQuota(use: Use, bytes: number): Promise<string> {
		await this.#calls.setQuota(use.institution_id, bytes);
		await this.load();
		const size = bytes === 0 ? t(texts).noQuota : fileSize(bytes);
		return say(t(texts).quotaSet, { name: use.institution_name, size });
	}
}
