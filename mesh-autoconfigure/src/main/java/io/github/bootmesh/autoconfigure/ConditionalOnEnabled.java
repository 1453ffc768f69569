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

package io.github.bootmesh.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.context.annotation.Conditional;

import io.github.bootmesh.Internal;

/**
 * Matches unless the property is {@code false}, read as every boolean property is. Boot's
 * own condition compares text: {@code yes} or a blank too many would switch a security
 * boundary off without a word.
 */
@Internal
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ ElementType.TYPE, ElementType.METHOD })
@Conditional(OnEnabledCondition.class)
@Repeatable(ConditionalOnEnabled.All.class)
public @interface ConditionalOnEnabled {

	/**
	 * The whole name of the property.
	 * @return the name
	 */
	String value();

	/**
	 * Several of them; all must match.
	 */
	@Internal
	@Documented
	@Retention(RetentionPolicy.RUNTIME)
	@Target({ ElementType.TYPE, ElementType.METHOD })
	@Conditional(OnEnabledCondition.class)
	@interface All {

		ConditionalOnEnabled[] value();

	}

}
