return await searchTools("structured weather of a city", "parameters");
