/** Puts an ECG workspace into an element of any page; answers the function that takes it away. */
import { mount, unmount } from "svelte";
import EcgWorkspace from "./EcgWorkspace.svelte";

export interface EcgWorkspaceOptions {
	readonly studyInstanceUid: string;
	readonly sopInstanceUid?: string | null;
}

export function mountEcg(target: Element, options: EcgWorkspaceOptions): () => void {
	const workspace = mount(EcgWorkspace, { target, props: { ...options } });
	return () => void unmount(workspace);
}
