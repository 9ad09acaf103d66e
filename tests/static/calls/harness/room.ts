import "../../../../static/src/ui/tokens.css";
import "../../../../static/src/ui/base.css";
import { mount } from "svelte";
import Room from "../../../../static/src/calls/Room.svelte";

const target = document.getElementById("app");
const consultId = new URL(location.href).searchParams.get("consult");
if (target !== null && consultId !== null) mount(Room, { target, props: { consultId } });
