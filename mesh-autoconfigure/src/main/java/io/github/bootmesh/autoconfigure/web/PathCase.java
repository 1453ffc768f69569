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

package io.github.bootmesh.autoconfigure.web;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.context.ApplicationContext;
import org.springframework.util.ClassUtils;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * Whether the application routes paths in any case, as its handler mappings are set up.
 * Asked for when the first request comes.
 */
final class PathCase {

	private static final boolean MVC = ClassUtils
		.isPresent("org.springframework.web.servlet.handler.AbstractHandlerMapping", PathCase.class.getClassLoader());

	private PathCase() {
	}

	static BooleanSupplier ofWebFlux(ApplicationContext context) {
		return once(() -> beans(context, org.springframework.web.reactive.handler.AbstractHandlerMapping.class)
			.anyMatch((mapping) -> isAny(mapping.getPathPatternParser())));
	}

	static BooleanSupplier ofServlets(ApplicationContext context) {
		return MVC ? once(() -> beans(context, org.springframework.web.servlet.handler.AbstractHandlerMapping.class)
			.anyMatch((mapping) -> isAny(mapping.getPatternParser()))) : () -> false;
	}

	private static <T> Stream<T> beans(ApplicationContext context, Class<T> type) {
		return BeanFactoryUtils.beansOfTypeIncludingAncestors(context, type).values().stream();
	}

	private static BooleanSupplier once(Supplier<Boolean> answer) {
		SingletonSupplier<Boolean> once = SingletonSupplier.of(answer);
		return once::obtain;
	}

	// Without a parser it is an AntPathMatcher, which does not tell.
	private static boolean isAny(@Nullable PathPatternParser parser) {
		return parser == null || !parser.isCaseSensitive();
	}

}
