"use strict";
// Moves, searches and filters the drawing. Texts reach the page by textContent alone.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const svg = $("picture");
  const stage = $("stage");
  const all = svg.querySelector(".all");
  const boxes = [...svg.querySelectorAll(".box")];
  const arrows = [...svg.querySelectorAll(".arrow")];
  const groups = [...svg.querySelectorAll(".group")];
  const whole = svg.viewBox.baseVal;
  const [full, left, top] = [{ width: whole.width, height: whole.height }, whole.x, whole.y];
  // Below this scale columns can't be read.
  const FAR = 0.45;
  const view = { x: 0, y: 0, scale: 1 };

  const element = (name, parts = {}, children = []) => {
    const made = Object.assign(document.createElement(name), parts);
    made.append(...children);
    return made;
  };
  const area = (box) => ({
    x: +box.dataset.x, y: +box.dataset.y, width: +box.dataset.width, height: +box.dataset.height,
  });

  const areas = boxes.map(area);

  // ---- moving

  let shownScale = 0;
  let isToCull = false;
  // Columns outside the window needn't be drawn; boxes stay, for the keyboard.
  const cull = () => {
    isToCull = false;
    const { width, height } = room();
    const [from, to] = [-view.x / view.scale, (width - view.x) / view.scale];
    const [above, below] = [-view.y / view.scale, (height - view.y) / view.scale];
    boxes.forEach((box, number) => {
      const at = areas[number];
      const isAway = at.x > to || at.x + at.width < from || at.y > below || at.y + at.height < above;
      if (isAway !== box.classList.contains("away")) box.classList.toggle("away", isAway);
    });
  };
  const show = () => {
    if (!isToCull && view.scale >= FAR) requestAnimationFrame(cull);
    isToCull = view.scale >= FAR;
    all.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    if (view.scale === shownScale) return;
    shownScale = view.scale;
    svg.classList.toggle("far", view.scale < FAR);
    if (view.scale < FAR) svg.style.setProperty("--wanted", `${15 / view.scale}px`);
  };
  const room = () => {
    const size = stage.getBoundingClientRect();
    return { width: Math.max(size.width, 1), height: Math.max(size.height, 1) };
  };
  const zoom = (factor, x = room().width / 2, y = room().height / 2) => {
    const scale = Math.min(4, Math.max(0.02, view.scale * factor));
    view.x = x - (x - view.x) * scale / view.scale;
    view.y = y - (y - view.y) * scale / view.scale;
    view.scale = scale;
    show();
  };
  const fit = () => {
    const { width, height } = room();
    view.scale = Math.min(width / full.width, height / full.height, 1.25);
    view.x = (width - full.width * view.scale) / 2 - left * view.scale;
    view.y = (height - full.height * view.scale) / 2 - top * view.scale;
    show();
  };
  const centre = (box) => {
    const { x, y, width, height } = areas[boxes.indexOf(box)];
    const { width: seen, height: high } = room();
    view.scale = Math.max(view.scale, 0.9);
    // The definition covers a part: on the right, or at the bottom of a narrow screen.
    const [share, above] = seen > 600 ? [Math.max(0.25, 0.5 - 220 / seen), 0.5] : [0.5, 0.22];
    view.x = seen * share - (x + width / 2) * view.scale;
    view.y = high * above - (y + Math.min(height, high / view.scale) / 2) * view.scale;
    show();
  };
  const isSeen = (box) => {
    const [at, within] = [box.getBoundingClientRect(), stage.getBoundingClientRect()];
    return at.right > within.left + 40 && at.left < within.right - 40 && at.bottom > within.top + 20 && at.top < within.bottom - 20;
  };

  const pointers = new Map();
  let moved = 0;
  const middle = () => {
    const points = [...pointers.values()];
    const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
    const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
    const spread = mean((point) => Math.hypot(point.x - x, point.y - y));
    return { x, y, spread };
  };
  stage.addEventListener("pointerdown", (event) => {
    if (pointers.size === 0) moved = 0;
    pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  });
  stage.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = middle();
    const bounds = stage.getBoundingClientRect();
    pointers.set(event.pointerId, { x: event.clientX - bounds.left, y: event.clientY - bounds.top });
    const after = middle();
    moved += Math.abs(after.x - before.x) + Math.abs(after.y - before.y);
    if (moved > 4 && !stage.hasPointerCapture(event.pointerId)) stage.setPointerCapture(event.pointerId);
    stage.classList.toggle("moving", moved > 4);
    view.x += after.x - before.x;
    view.y += after.y - before.y;
    if (pointers.size > 1 && before.spread > 0) zoom(after.spread / before.spread, after.x, after.y);
    show();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    stage.addEventListener(end, (event) => {
      pointers.delete(event.pointerId);
      stage.classList.remove("moving");
    });
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const bounds = stage.getBoundingClientRect();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : 1);
    zoom(Math.exp(-pixels / 500), event.clientX - bounds.left, event.clientY - bounds.top);
  }, { passive: false });
  // A browser scrolls what has the focus into view; this drawing moves by itself.
  stage.addEventListener("scroll", () => stage.scrollTo(0, 0));

  // ---- definitions

  let pinned = null;
  const lines = (title, rows, found) => {
    if (rows.length === 0) return [];
    const line = (row) => {
      const text = element("td", { textContent: row.text });
      if (row.was) text.append(element("span", { className: "was", textContent: `was: ${row.was}` }));
      const sign = { new: "+ ", gone: "- ", changed: "~ ", same: "" }[row.mark];
      const name = element("th", { scope: "row", textContent: sign + row.name });
      const isFound = row.name === found ? " found" : "";
      return element("tr", { className: `${row.mark}${row.is_key ? " key" : ""}${isFound}` }, [name, text]);
    };
    return [element("h3", { textContent: title }), element("table", {}, [element("tbody", {}, rows.map(line))])];
  };
  const links = (title, numbers) => {
    if (numbers.length === 0) return [];
    const link = (number) => {
      const made = element("button", { type: "button", textContent: data.boxes[number].name });
      made.addEventListener("click", () => jump(number));
      return made;
    };
    return [element("h3", { textContent: title }), element("div", { className: "links" }, [...new Set(numbers)].map(link))];
  };
  const define = (number, found) => {
    const box = data.boxes[number];
    const isOfTables = data.subject === "tables";
    const close = element("button", { type: "button", className: "close", textContent: "×", ariaLabel: "Close" });
    close.addEventListener("click", () => choose(null));
    const mark = box.mark === "same" ? [] : [element("strong", { className: `mark-${box.mark}`, textContent: ` ${box.mark}` })];
    const owner = element("p", { textContent: `of ${data.groups[box.group]}` }, []);
    owner.append(...mark);
    $("definition").replaceChildren(
      close,
      element("h2", { textContent: box.name }),
      owner,
      ...box.notes.map((note) => element("p", { textContent: note })),
      ...lines(isOfTables ? "Columns" : "State", box.rows, found),
      ...lines(isOfTables ? "Rules" : "More", box.rules, found),
      ...links(isOfTables ? "Points at" : "Stands on", ends(number, isOfTables ? "from" : "to")),
      ...links(isOfTables ? "Pointed at by" : "Under", ends(number, isOfTables ? "to" : "from")),
    );
    $("definition").hidden = false;
  };
  const other = { from: "to", to: "from" };
  const ends = (number, end) => data.arrows.filter((arrow) => arrow[end] === number).map((arrow) => arrow[other[end]]);
  const light = (number) => {
    const near = new Set(number === null ? [] : [...ends(number, "from"), ...ends(number, "to")]);
    svg.classList.toggle("chosen", number !== null);
    boxes.forEach((box, at) => {
      box.classList.toggle("here", at === number);
      box.classList.toggle("linked", at !== number && near.has(at));
    });
    arrows.forEach((arrow) => arrow.classList.toggle("linked", +arrow.dataset.from === number || +arrow.dataset.to === number));
  };
  const look = (number, found) => {
    svg.querySelectorAll(".row.found").forEach((row) => row.classList.remove("found"));
    light(number);
    if (number === null) $("definition").hidden = true;
    else define(number, found);
  };
  const choose = (number, found) => {
    pinned = number;
    look(number, found);
  };
  const jump = (number, found) => {
    const box = boxes[number];
    if (box.classList.contains("hidden")) showOwner(+box.dataset.group);
    centre(box);
    choose(number, found);
    box.focus({ preventScroll: true });
    const at = data.boxes[number].rows.findIndex((row) => row.name === found);
    if (at >= 0) box.querySelectorAll(".row")[at].classList.add("found");
  };
  boxes.forEach((box, number) => {
    // Where the script runs, the definition beside the drawing says it better.
    box.querySelector("title").remove();
    box.addEventListener("pointerenter", () => pinned === null && pointers.size === 0 && look(number));
    box.addEventListener("pointerleave", () => pinned === null && pointers.size === 0 && look(null));
    box.addEventListener("click", () => moved <= 4 && choose(number));
    box.addEventListener("focus", () => {
      if (!box.matches(":focus-visible")) return;
      choose(number);
      if (!isSeen(box)) centre(box);
    });
    const { width, height } = areas[number];
    const letters = Math.max(data.boxes[number].name.length, 1);
    box.style.setProperty("--fit", `${Math.max(14, Math.min((width - 20) / letters / 0.62, height * 0.6))}px`);
  });
  groups.forEach((group, number) => {
    const letters = Math.max(data.groups[number].length, 1);
    group.style.setProperty("--fit", `${Math.max(20, Math.min((group.dataset.width - 32) / letters / 0.65, group.dataset.label))}px`);
  });
  stage.addEventListener("click", (event) => moved <= 4 && !event.target.closest(".box") && choose(null));

  // ---- searching

  const MOST = 50;
  const matches = (wanted) => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (text) => words.every((word) => text.toLowerCase().includes(word));
    const found = [];
    data.boxes.forEach((box, number) => {
      if (has(box.name)) found.push({ number, rank: box.name.toLowerCase().startsWith(words[0]) ? 0 : 1 });
      for (const row of data.subject === "tables" ? box.rows : []) {
        if (has(row.name) || (words.length > 1 && has(`${box.name}.${row.name}`) && !has(box.name))) {
          found.push({ number, column: row.name, rank: 2 });
        }
      }
    });
    return found.sort((a, b) => a.rank - b.rank).slice(0, MOST);
  };
  const search = () => {
    const found = $("search").value.trim() === "" ? [] : matches($("search").value);
    const item = ({ number, column }) => {
      const name = data.boxes[number].name;
      const made = element("button", { type: "button", textContent: column === undefined ? name : `${name}.${column}` });
      made.append(element("small", { textContent: `  ${data.groups[data.boxes[number].group]}` }));
      made.addEventListener("click", () => {
        $("results").hidden = true;
        jump(number, column);
      });
      return element("li", {}, [made]);
    };
    const nothing = element("li", { textContent: "nothing of that name" });
    $("results").replaceChildren(...(found.length === 0 ? [nothing] : found.map(item)));
    $("results").hidden = $("search").value.trim() === "";
  };
  const step = (event, by) => {
    const items = [...$("results").querySelectorAll("button")];
    const next = items.indexOf(document.activeElement) + by;
    event.preventDefault();
    (items[next] || $("search")).focus();
  };
  $("search").addEventListener("input", search);
  $("search").addEventListener("focus", search);
  document.querySelector(".search").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(event, 1);
    else if (event.key === "ArrowUp") step(event, -1);
    else if (event.key === "Enter" && event.target === $("search")) $("results").querySelector("button")?.click();
    else if (event.key === "Escape") {
      $("search").value = "";
      search();
      $("search").blur();
    }
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".search")) $("results").hidden = true;
  });

  // ---- filtering

  const ticks = data.groups.map((name, number) => {
    const tick = element("input", { type: "checkbox", checked: true });
    tick.addEventListener("change", () => filter());
    const count = data.boxes.filter((box) => box.group === number).length;
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = `var(--c${number % 10})`;
    const words = [element("span", { textContent: name }), element("small", { textContent: count })];
    $("owner-list").append(element("li", {}, [element("label", {}, [tick, swatch, ...words])]));
    return tick;
  });
  const filter = () => {
    const onlyMarked = $("only-marked").checked;
    const isShown = data.boxes.map((box) => ticks[box.group].checked && (!onlyMarked || box.mark !== "same"));
    boxes.forEach((box, at) => box.classList.toggle("hidden", !isShown[at]));
    groups.forEach((group, at) => {
      const isEmpty = !data.boxes.some((box, number) => box.group === at && isShown[number]);
      group.classList.toggle("hidden", isEmpty);
    });
    arrows.forEach((arrow) => {
      arrow.classList.toggle("hidden", !isShown[arrow.dataset.from] || !isShown[arrow.dataset.to]);
    });
    if (pinned !== null && !isShown[pinned]) choose(null);
    const shown = isShown.filter(Boolean).length;
    const noun = boxes.length === 1 ? document.body.dataset.one : document.body.dataset.several;
    $("count").textContent = shown === boxes.length ? `${shown} ${noun}` : `${shown} of ${boxes.length} ${noun}`;
  };
  const showOwner = (number) => {
    ticks[number].checked = true;
    $("only-marked").checked = false;
    filter();
  };
  const tickAll = (checked) => {
    ticks.forEach((tick) => { tick.checked = checked; });
    filter();
  };
  $("all").addEventListener("click", () => tickAll(true));
  $("none").addEventListener("click", () => tickAll(false));
  $("only-marked").addEventListener("change", filter);
  $("owners-toggle").addEventListener("click", () => {
    $("owners").hidden = !$("owners").hidden;
    $("owners-toggle").setAttribute("aria-expanded", String(!$("owners").hidden));
  });

  // ---- buttons and keys

  $("larger").addEventListener("click", () => zoom(1.3));
  $("smaller").addEventListener("click", () => zoom(1 / 1.3));
  $("fit").addEventListener("click", fit);
  $("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme || (isDark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });
  const move = (x, y) => {
    view.x += x;
    view.y += y;
    show();
  };
  const keys = {
    "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: fit,
    ArrowLeft: () => move(80, 0), ArrowRight: () => move(-80, 0), ArrowUp: () => move(0, 80), ArrowDown: () => move(0, -80),
    "/": () => $("search").focus(), Escape: () => choose(null),
    Enter: () => document.activeElement?.closest?.(".box") && centre(document.activeElement),
  };
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, button");
    if (event.ctrlKey || event.metaKey || event.altKey || (isTyping && event.key !== "Escape")) return;
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  // Paper takes the whole drawing, as it stands in the file.
  addEventListener("beforeprint", () => {
    all.removeAttribute("transform");
    boxes.forEach((box) => box.classList.remove("away"));
    svg.classList.remove("far");
    svg.setAttribute("viewBox", `${left} ${top} ${full.width} ${full.height}`);
  });
  const begin = () => {
    svg.removeAttribute("viewBox");
    show();
  };
  addEventListener("afterprint", begin);
  begin();
  fit();
  filter();
  let isTouched = false;
  for (const kind of ["wheel", "pointerdown", "keydown"]) addEventListener(kind, () => { isTouched = true; });
  addEventListener("resize", () => !isTouched && fit());
})();
