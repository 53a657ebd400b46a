pm.test("has a request id", () => {
    pm.expect(pm.response.headers.get("X-Request-Id")).to.be.a("string").and.not.empty;
});
pm.test("is no fault of the server", () => {
    pm.expect(pm.response.code).to.be.below(500);
});
if (pm.response.code >= 400) {
    pm.test("a refusal has error, code and request_id", () => {
        const body = pm.response.json();
        pm.expect(body.error).to.be.a("string").and.not.empty;
        pm.expect(body.code).to.match(/^[a-z_]+$/);
        pm.expect(body.request_id).to.eql(pm.response.headers.get("X-Request-Id"));
    });
}
