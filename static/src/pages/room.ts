import Room from "../calls/Room.svelte";
import { startPage } from "../ui/start.ts";
import { roomAddress } from "./room_address.ts";

startPage(Room, roomAddress(location.pathname));
