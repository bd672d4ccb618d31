return await tools.everything.getSum({ a: 17, b: 25 });
