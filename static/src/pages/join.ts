import { Preparation } from "../calls/prepare.ts";
import Join from "../patient/Join.svelte";
import { startPage } from "../ui/start.ts";

startPage(Join, { preparation: new Preparation(), hash: location.hash });
