import "../../../../static/src/ui/tokens.css";
import "../../../../static/src/ui/base.css";
import { mount } from "svelte";
import { Preparation } from "../../../../static/src/calls/prepare.ts";
import Join from "../../../../static/src/patient/Join.svelte";

const target = document.getElementById("app");
if (target !== null) mount(Join, { target, props: { preparation: new Preparation(), hash: location.hash } });
