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

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.springframework.boot.reactor.netty.NettyRouteProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * What lives long, and what Spring does not see.
 */
@Configuration(proxyBeanMethods = false)
@RestController
class StreamingApplication {

	static final AtomicInteger seen = new AtomicInteger();

	@GetMapping("/public/hello")
	String open() {
		seen.incrementAndGet();
		return "hello";
	}

	@GetMapping("/admin/hello")
	String admin() {
		seen.incrementAndGet();
		return "admin";
	}

	@PostMapping("/admin/echo")
	Mono<String> echo(@RequestBody Mono<String> body) {
		seen.incrementAndGet();
		return body;
	}

	@GetMapping(path = { "/stream", "/stream/allowed" }, produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<String> stream() {
		return ticks();
	}

	@Bean
	HandlerMapping socket() {
		WebSocketHandler handler = (session) -> session.send(ticks().map(session::textMessage));
		return new SimpleUrlHandlerMapping(Map.of("/socket", handler), -1);
	}

	private static Flux<String> ticks() {
		return Flux.interval(Duration.ofMillis(10), Schedulers.parallel())
			.onBackpressureDrop()
			.map((tick) -> "tick " + tick);
	}

	/**
	 * A route that no filter of Spring sees.
	 */
	static class WithRoute {

		@Bean
		NettyRouteProvider route() {
			return (routes) -> routes.get("/admin/native", (request, response) -> {
				seen.incrementAndGet();
				return response.sendString(Mono.just("native"));
			});
		}

	}

}
