/** The page around the first picture. */
import { followSignOut } from "../identity/session.ts";
import type { Station } from "../reading/station.ts";
import { startPage } from "../ui/start.ts";
import Read from "./Read.svelte";
import type { ReadAddress } from "./study.ts";

export function startReading(opened: ReadAddress & { station: Station }): void {
	followSignOut();
	startPage(Read, { ...opened });
}
