import { startPage } from "../ui/start.ts";
import Read from "./Read.svelte";
import { readAddress, requestManifest } from "./study.ts";

const address = readAddress(location.pathname, location.search);
startPage(Read, { ...address, manifest: requestManifest(address.studyInstanceUid) });
