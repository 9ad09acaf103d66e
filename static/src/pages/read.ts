import { followSignOut } from "../identity/session.ts";
import { startPage } from "../ui/start.ts";
import Read from "./Read.svelte";
import { readAddress, requestManifest } from "./study.ts";

followSignOut();
const address = readAddress(location.pathname, location.search);
startPage(Read, { ...address, manifest: requestManifest(address.studyInstanceUid) });
