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

package io.github.bootmesh.dev.test;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.TestContextAnnotationUtils;
import org.springframework.test.context.junit.jupiter.SpringExtension;

import io.github.bootmesh.dev.DevConsul;

/**
 * Finds the development Consul in the Spring context of a test. Apart, so that JUnit
 * without Spring does not need Spring's classes.
 */
final class SpringContexts {

	private SpringContexts() {
	}

	static @Nullable DevConsul devConsul(ExtensionContext context) {
		Class<?> test = context.getRequiredTestClass();
		boolean spring = TestContextAnnotationUtils.hasAnnotation(test, BootstrapWith.class)
				|| TestContextAnnotationUtils.hasAnnotation(test, ContextConfiguration.class);
		return spring ? SpringExtension.getApplicationContext(context).getBeanProvider(DevConsul.class).getIfAvailable()
				: null;
	}

}
