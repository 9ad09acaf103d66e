/** What must be asked before everything on the page is closed, as at sign-out: forms that may hold unsaved text. */
export type Flush = () => Promise<boolean>;

const forms = new Set<Flush>();

/** Names a form while it is open; answers how to take it off again. */
export function beforeLeaving(flush: Flush): () => void {
	forms.add(flush);
	return () => {
		forms.delete(flush);
	};
}

/** Saves every open form; true when the server has everything. */
export async function readyToLeave(): Promise<boolean> {
	const saved = await Promise.all([...forms].map((flush) => flush().catch(() => false)));
	return saved.every(Boolean);
}
