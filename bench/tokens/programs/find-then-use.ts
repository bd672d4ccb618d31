return await searchTools("structured weather of a city", { detail: "full", limit: 3 });
