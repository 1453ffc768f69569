/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.autoconfigure.server;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Ways to write a request so that a rule and a router may read it differently.
 */
final class BypassAttempts {

	private static final String HOST = " HTTP/1.1\r\nHost: web\r\n";

	private BypassAttempts() {
	}

	/** Requests of HTTP/1.1 without the empty line at their end. */
	static Stream<String> http1() {
		List<String> heads = new ArrayList<>();
		for (String target : List.of("/admin", "/admin/", "/admin/x", "/admin?x", "/admin/x?/public",
				"/public/../admin/x", "/public/..", "/..", "/../admin", "/public/../../admin", "/public/./../admin",
				"/./admin", "/.//admin", "/admin/.", "/admin/..", "/admin/../public/x", "/admin/%2e%2e/public/x",
				"/public/%2e%2e/admin/x", "/public/%2E%2E/admin", "/public/.%2e/admin", "/public/%2e./admin",
				"/public/%252e%252e/admin", "/public/%25%32%65%25%32%65/admin", "/public/..%2fadmin",
				"/public/..%2Fadmin/x", "/public%2f..%2fadmin", "/public/..%5cadmin", "/public/..\\admin", "\\admin",
				"/\\admin", "/public\\..\\admin", "/%5cadmin", "/admin%5cx", "//admin", "//admin/x", "///admin",
				"/public//../admin", "/admin//x", "//web/admin", "/%2fadmin", "/%2Fadmin", "/admin%2fx", "/admin%2Fx",
				"/%252fadmin", "/;/admin", "/;x=y/admin", "/public;/../admin", "/public/..;/admin",
				"/public/..;x=y/admin/x", "/admin;x", "/admin;x=y/z", "/admin%3bx", "/ad;min", "/%61dmin", "/%61dmin/x",
				"/%41dmin", "/ad%6din", "/%61%64%6d%69%6e", "/%2561dmin", "/admin%00", "/admin%00/x", "/%00/admin",
				"/public%00/../admin", "/public/x%00/../../admin", "/admin\0", "/admin%0a", "/admin%0d%0ax",
				"/admin%09", "/admin%20", "/%20admin", "/admin%7f", "/admin%", "/admin%2", "/admin%zz", "/%admin",
				"/%u0061dmin", "/%c1%a1dmin", "/%e0%81%a1dmin", "/%c0%af%61dmin", "/public/%c0%ae%c0%ae/admin",
				"/admin%ff", "/\u00e1dmin", "/%c3%a1dmin", "/\u00c1dmin", "/\u00ef\u00bd\u0081dmin", "/%ef%bd%81dmin",
				"/admin#x", "/public#/../admin", "/public/x#/admin", "/#/../admin", "/admin%23x", "/ADMIN", "/Admin/x",
				"/admin.", "/admin.json", "/admin~", "/admin*", "/admin'", "/admin,x", "/admin|x", "/admin{x}",
				"/admin\"x", "/<admin>", "/[admin]", "/admin^", "/admin`", "/admin\t", "admin", "admin/x",
				"public/../admin", "*", "*/admin", "?", "?/admin", "/?/admin", "http://web/admin", "http://web/admin/x",
				"HTTP://web/admin", "https://web/admin", "http://web//admin", "http://web/public/../admin",
				"http://web", "http://web?/admin", "http://web#/admin", "http://web/%61dmin", "http://other/admin",
				"http://user@web/admin", "http://web:80/admin", "http:///admin", "http:/admin", "http:admin",
				"http://web\\/admin", "http://web\\@other/admin", "http://[::1]/admin", "mesh://web/admin",
				"ftp://web/admin", "file:///admin", "urn:admin", "javascript:/admin", "web:443", "//", "/",
				"/public/x/..%00/admin", "/public/x?/../../admin")) {
			heads.add("GET " + target + HOST);
		}
		for (String method : List.of("HEAD", "POST", "PUT", "OPTIONS", "PATCH", "DELETE", "TRACE", "get", "Get", "FOO",
				"G%45T", "CONNECT", "PRI", "PROPFIND")) {
			heads.add(method + " /admin/x" + HOST);
		}
		for (String target : List.of("web:443", "/admin", "*", "http://web/admin", "admin")) {
			heads.add("CONNECT " + target + HOST);
			heads.add("OPTIONS " + target + HOST);
		}
		for (String method : List.of("delete", "Delete", "DELETE", "DELETE\t", "\tDELETE", " DELETE", "DELET\u00c9")) {
			heads.add(method + " /public/x" + HOST);
		}
		for (String line : List.of("GET  /admin HTTP/1.1", "GET\t/admin\tHTTP/1.1", " GET /admin HTTP/1.1",
				"GET /admin  HTTP/1.1", "GET /public /admin HTTP/1.1", "GET /public HTTP/1.1 /admin HTTP/1.1",
				"GET /admin HTTP/1.0", "GET /admin HTTP/2.0", "GET /admin HTTP/0.9", "GET /admin",
				"GET /admin http/1.1", "GET /admin FOO/1.1", "GET /admin HTTP/1.1 x", "\r\nGET /admin HTTP/1.1",
				"\nGET /admin HTTP/1.1", "GET /admin HTTP/9.9", "GET /admin HTTP/11", "GET\u000b/admin\u000bHTTP/1.1",
				"GET\u00a0/admin HTTP/1.1", "GET /public\r/admin HTTP/1.1", "GET /public\n/admin HTTP/1.1")) {
			heads.add(line + "\r\nHost: web\r\n");
		}
		for (String header : List.of("X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE",
				"X-Method-Override: DELETE", "X-Original-URL: /admin/x", "X-Rewrite-URL: /admin/x",
				"X-Forwarded-Prefix: /admin", "X-Forwarded-Prefix: /admin/x", "X-Forwarded-Prefix: /admin/x?",
				"X-Forwarded-Prefix: /admin#", "X-Forwarded-Prefix: /..", "X-Forwarded-Prefix: /public",
				"X-Forwarded-Prefix: //admin", "X-Forwarded-Prefix: /admin,/x", "X-Forwarded-Prefix: %",
				"X-Forwarded-Prefix: http://web/admin", "X-Forwarded-Host: web/admin", "X-Forwarded-Host: [",
				"X-Forwarded-Port: x", "X-Forwarded-Proto: mesh", "X-Forwarded-Uri: /admin", "X-Forwarded-Path: /admin",
				"Forwarded: host=web/admin;proto=x", "Forwarded: for=\"[\"", "Forwarded: for=_x:y",
				"X-Forwarded-For: [", "X-Forwarded-Ssl: on", "Content-Location: /admin/x", "Location: /admin/x",
				"Referer: /admin/x", "Host: web", "Host: admin", "host: web", "Host : web", "Host:", ":path: /admin/x",
				":method: DELETE", ":authority: other", "X-Role: root", "x-role: root", "X-ROLE: root", "X-Role : root",
				"X-Role:", "X-Role:\troot", " X-Role: root", "X-Filler: x\r\n X-Role: root",
				"X-Filler: x\r\n\tX-Role: root", "X-Role:\r\n root", "X-Filler: x\nX-Role: root",
				"X-Filler: x\rX-Role: root", "X_Role: root", "X-Role\0: root", "X-Role\u00a0: root",
				"\u00d8X-Role: root", "X-Role: a\r\nX-Role: b", "X-Filler\r\nX-Role: root", ": x\r\nX-Role: root",
				"Connection: x-role, close\r\nX-Role: root", "Content-Length: 0",
				"Content-Length: 0\r\nContent-Length: 5", "Content-Length: 5, 5", "Content-Length: +0",
				"Content-Length: -1", "Content-Length: 0x0", "Content-Length: 99999999999999999999",
				"Content-Length : 0", "Content-Length: 0\r\nTransfer-Encoding: chunked",
				"Transfer-Encoding: chunked, identity", "Transfer-Encoding: xchunked",
				"Transfer-Encoding:\u000bchunked", "Transfer-Encoding : chunked",
				"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
				"Upgrade: websocket\r\nConnection: Upgrade", "Expect: 100-continue", "Expect: x", "TE: trailers",
				"Trailer: X-Role")) {
			heads.add("GET /public/x" + HOST + header + "\r\n");
			heads.add("GET /admin/x" + HOST + header + "\r\n");
		}
		String next = "GET /admin/x" + HOST;
		heads.add("GET /public/x" + HOST + "\r\n" + next);
		heads.add("POST /public/x" + HOST + "Content-Length: 0\r\n\r\n" + next);
		heads.add("POST /public/x" + HOST + "Content-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next);
		heads.add("POST /public/x" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Role: root\r\n\r\n" + next);
		heads.add("POST /public/x" + HOST + "Transfer-Encoding: chunked\r\n\r\n0;" + "x=y\n\r\n" + next);
		heads.add("POST /public/x" + HOST + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + next);
		heads.add("GET /admin/x HTTP/1.1\r\n");
		heads.add("GET /public/x HTTP/1.1\r\n");
		return heads.stream();
	}

	/** Requests of HTTP/2: names and values of fields by turns. */
	static Stream<List<String>> http2() {
		List<List<String>> requests = new ArrayList<>();
		for (String path : List.of("/admin/x", "/public/../admin/x", "/public/%2e%2e/admin", "//admin", "/;/admin",
				"/%61dmin", "/admin%2fx", "/admin%00", "/admin\0", "/admin#", "/public#/../admin", "admin", "*", "",
				"http://web/admin", "/public\\..\\admin", "/admin x", "/public /admin", "/\u00e1dmin", "/admin\r\nx: y",
				"/public HTTP/1.1\r\nX-Role: root\r\nx: y", "?/admin", "/ADMIN", "/admin/")) {
			requests.add(request("GET", path));
			requests.add(request("CONNECT", path));
		}
		for (String method : List.of("get", "delete", "DELETE", "CONNECT", "GET /admin HTTP/1.1\r\n", "GET ", "",
				"P\u00d6ST", "PRI")) {
			requests.add(request(method, "/public/x"));
			requests.add(request(method, "/admin/x"));
		}
		for (String protocol : List.of("websocket", "connect-udp", "")) {
			for (String path : List.of("/admin/x", "/public/x", "/public/../admin/x")) {
				requests.add(with(request("CONNECT", path), ":protocol", protocol));
				requests.add(with(request("GET", path), ":protocol", protocol));
			}
		}
		requests.add(List.of(":method", "CONNECT", ":authority", "web:443"));
		for (List<String> more : List.of(List.of("host", "other"), List.of("host", "web"), List.of(":path", "/admin/x"),
				List.of(":authority", "other"), List.of(":method", "DELETE"), List.of(":unknown", "x"),
				List.of("X-Role", "root"), List.of("x-role", "root"), List.of("x-role ", "root"),
				List.of("x-filler", "x\r\nx-role: root"), List.of("x-filler\r\nx-role", "root"),
				List.of("x-filler: x\r\nx-role", "root"), List.of("", "x"), List.of("x-role\0", "root"),
				List.of("connection", "close"), List.of("transfer-encoding", "chunked"), List.of("content-length", "5"),
				List.of("content-length", "0", "content-length", "5"), List.of("upgrade", "websocket"),
				List.of("te", "gzip"), List.of("x-http-method-override", "DELETE"),
				List.of("x-forwarded-prefix", "/admin"), List.of("x-original-url", "/admin/x"),
				List.of("cookie", "a", "cookie", "b"))) {
			requests.add(with(request("GET", "/public/x"), more.toArray(String[]::new)));
			requests.add(with(request("GET", "/admin/x"), more.toArray(String[]::new)));
		}
		requests.add(List.of(":method", "GET", ":scheme", "https", ":path", "/public/x"));
		requests.add(List.of(":method", "GET", ":path", "/admin/x", ":authority", "web"));
		requests.add(List.of(":path", "/admin/x", ":scheme", "https", ":authority", "web"));
		requests
			.add(List.of(":method", "GET", ":scheme", "javascript", ":path", "/admin/x", ":authority", "web/admin"));
		requests.add(List.of("x", "y", ":method", "GET", ":scheme", "https", ":path", "/admin/x", ":authority", "web"));
		return requests.stream();
	}

	private static List<String> request(String method, String path) {
		return List.of(":method", method, ":scheme", "https", ":path", path, ":authority", "web");
	}

	private static List<String> with(List<String> fields, String... more) {
		List<String> all = new ArrayList<>(fields);
		all.addAll(List.of(more));
		return all;
	}

}
