// What ical.js understands of a calendar: [title, begin, end] of each event, by the zones that the file itself brings.
import fs from "node:fs";
import ICAL from "./node_modules/ical.js/dist/ical.js";

const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync(process.argv[2], "utf8")));
const events = calendar.getAllSubcomponents("vevent").map((one) => new ICAL.Event(one));
console.log(JSON.stringify(events.map((one) => [one.summary, one.startDate.toUnixTime(), one.endDate.toUnixTime()])));
