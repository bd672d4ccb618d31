return await tools.everything.getStructuredContent({ location: "Chicago" });
