/** The left rail: what it lists is the page's business, per role. */
import type { IconName } from "./icons.ts";

export interface RailEntry {
	readonly key: string;
	readonly label: string;
	readonly icon: IconName;
	readonly href: string;
	/** What waits for me; 0 or nothing shows no badge. */
	readonly count?: number;
	/** The badge is red only for a critical value or an overrun. */
	readonly alert?: boolean;
}
