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

import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

import io.github.bootmesh.dev.DevConsul;

/**
 * Gives tests a {@link DevConsul} as a parameter: in a test with a Spring context that
 * has one (such as every {@code @SpringBootTest} beside this library) that one, else one
 * for all tests of the class. Faults end with each test, and intentions are again as they
 * were before it.
 * <p>
 * <pre>
 * &#64;ExtendWith(DevConsulExtension.class)
 * class InventoryTests {
 *
 *     &#64;Test
 *     void survivesARotation(DevConsul consul) {
 *         consul.rotateRoot();
 * </pre>
 */
public final class DevConsulExtension implements ParameterResolver, BeforeEachCallback, AfterEachCallback {

	private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace
		.create(DevConsulExtension.class);

	private static final boolean SPRING = isPresent("org.springframework.test.context.junit.jupiter.SpringExtension");

	/**
	 * The extension.
	 */
	public DevConsulExtension() {
	}

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		return parameter.getParameter().getType() == DevConsul.class;
	}

	@Override
	public DevConsul resolveParameter(ParameterContext parameter, ExtensionContext context) {
		DevConsul ofSpring = SPRING ? SpringContexts.devConsul(context) : null;
		return (ofSpring != null) ? ofSpring : own(context);
	}

	private static DevConsul own(ExtensionContext context) {
		ExtensionContext ofClass = context;
		while (ofClass.getTestMethod().isPresent() && ofClass.getParent().isPresent()) {
			ofClass = ofClass.getParent().get();
		}
		// JUnit closes what its store holds.
		return Objects.requireNonNull(ofClass.getStore(NAMESPACE)
			.computeIfAbsent(DevConsul.class, (key) -> DevConsul.start(), DevConsul.class));
	}

	@Override
	public void beforeEach(ExtensionContext context) {
		DevConsul consul = present(context);
		if (consul != null) {
			context.getStore(NAMESPACE).put(Runnable.class, consul.intentions().remember());
		}
	}

	@Override
	public void afterEach(ExtensionContext context) {
		DevConsul consul = present(context);
		if (consul != null) {
			consul.faults().clear();
			Runnable before = context.getStore(NAMESPACE).remove(Runnable.class, Runnable.class);
			Objects.requireNonNullElse(before, consul.intentions()::clear).run();
		}
	}

	private static @Nullable DevConsul present(ExtensionContext context) {
		DevConsul ofSpring = SPRING ? SpringContexts.devConsul(context) : null;
		return (ofSpring != null) ? ofSpring : context.getStore(NAMESPACE).get(DevConsul.class, DevConsul.class);
	}

	private static boolean isPresent(String name) {
		try {
			Class.forName(name, false, DevConsulExtension.class.getClassLoader());
			return true;
		}
		catch (ClassNotFoundException ex) {
			return false;
		}
	}

}
